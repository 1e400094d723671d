import Glibc
import Logging
import Synchronization
import Taproom

/// What the users of this machine show: found when it is asked for, and looked at again from time to time.
///
/// Shared by all event loops. A user decides what is below the home, so that everything there is suspected: the folder and the
/// socket have to belong to the user, and no link on the way leads out of the home.
final class UserFolders: Sendable {
    /// What a user shows.
    struct Found: Sendable {
        let tree: FileTree?
        let socket: PersonalSocket?

        static let nothing = Found(tree: nil, socket: nil)
    }

    private struct Entry {
        var found: Found
        var until: Int64
    }

    /// How many names are remembered; those that are looked up again first are forgotten.
    static let maximumEntries = 256
    /// For how long what was found is not looked at again, in seconds.
    private static let lifetime: Int64 = 5
    /// O_PATH, which Glibc's module hides.
    private static let pathOnly: CInt = 0o10000000

    private let settings: WebUsers
    private let folder: [UInt8]
    private let rules: FileRules
    private let lookUp: @Sendable (String) -> UserAccount?
    private let now: @Sendable () -> Int64
    private let logger: Logger
    private let entries = Mutex<[String: Entry]>([:])

    /// Nothing is looked for yet; `lookUp` finds a user, and `now` tells the time in seconds.
    ///
    /// Nil when the settings name no folder.
    init?(
        _ settings: WebUsers, _ rules: FileRules, logger: Logger,
        lookUp: @escaping @Sendable (String) -> UserAccount? = UserAccount.find,
        now: @escaping @Sendable () -> Int64 = { Int64(time(nil)) }
    ) {
        guard let folder = settings.folder else { return nil }
        self.folder = Array(folder.utf8)
        (self.settings, self.logger, self.lookUp, self.now) = (settings, logger, lookUp, now)
        var rules = rules
        // What the administrator allows in the site's own folder says nothing about those of others.
        rules.fallback = nil
        if rules.symlinks == .anywhere { rules.symlinks = .inside }
        self.rules = rules
    }

    /// The name of the user that a path is about; nil when it is about none, empty when no user can have that name.
    static func name(in path: RequestPath) -> String? {
        guard let first = path.segments.first, first.first == UInt8(ascii: "~") else { return nil }
        let name = first.dropFirst()
        return UserAccount.isValid(name) ? String(decoding: name, as: UTF8.self) : ""
    }

    /// What a user shows; nothing when there is no such user, or none whose pages are served.
    func find(_ name: String) -> Found {
        guard !name.isEmpty else { return .nothing }
        let now = now()
        let known = entries.withLock { $0[name] }
        if let known, now < known.until { return known.found }
        let found = look(name, known?.found)
        entries.withLock { entries in
            if entries.count >= Self.maximumEntries, entries[name] == nil,
                let oldest = entries.min(by: { $0.value.until < $1.value.until })
            {
                entries[oldest.key] = nil
            }
            entries[name] = Entry(found: found, until: now + Self.lifetime)
        }
        return found
    }

    private func look(_ name: String, _ former: Found?) -> Found {
        guard let account = lookUp(name), account.name == name, account.isPerson else { return .nothing }
        let home = open(account.home, Self.pathOnly | O_DIRECTORY | O_CLOEXEC)
        guard home >= 0 else { return .nothing }
        defer { close(home) }
        let socket =
            settings.personal
            ? PersonalSocket.find(in: home, of: account, former?.socket, logger: logger) : nil
        return Found(tree: tree(in: home, of: account), socket: socket)
    }

    private func tree(in home: CInt, of account: UserAccount) -> FileTree? {
        guard let opened = try? OpenFile.open(folder, below: home, symlinks: rules.symlinks),
            opened.facts.isFolder
        else { return nil }
        let copy = opened.withDescriptor { descriptor -> CInt in
            var status = stat()
            guard fstat(descriptor, &status) == 0, status.st_uid == account.number else { return -1 }
            return fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        }
        guard let copy, copy >= 0 else { return nil }
        return FileTree(opened: copy, rules)
    }
}
