/// What answers below `/~name/`.
final class UserPages: Sendable {
    private let folders: UserFolders
    private let servers: PersonalServers

    init(_ folders: UserFolders) {
        self.folders = folders
        servers = PersonalServers(folders)
    }

    /// What answers a path; nil when it is not about a user.
    ///
    /// A name that no user has is answered like a user who shows nothing.
    func action(for path: RequestPath) -> Place.Action? {
        guard let name = UserFolders.name(in: path) else { return nil }
        let found = folders.find(name)
        if found.socket != nil { return .handled(servers) }
        return found.tree.map { .files($0, dropping: 1) } ?? .nothing
    }
}
