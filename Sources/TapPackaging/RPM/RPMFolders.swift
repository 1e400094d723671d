/// Which folders a package has: its own, and what was included, but none that belong to the system.
///
/// rpm sets mode and owner of a folder that a package has, also when others have it too.
struct RPMFolders {
    private let own: [String]
    private let included: Set<String>

    init(places: InstancePlaces, files: [PackageFile]) {
        let configuration = places.description.split(separator: "/").dropLast().joined(separator: "/")
        let seed = places.seed.split(separator: "/").dropLast().joined(separator: "/")
        own = ["/" + configuration, "/" + seed, places.documentation, places.license, places.programs]
        included = Set(files.filter { $0.content == .folder }.map(\.path))
    }

    /// Whether something that was laid out is in the package.
    func has(_ file: LaidFile) -> Bool { file.file.content != .folder || has(folder: file.path) }

    private func has(folder: String) -> Bool {
        guard !Self.system.contains(folder) else { return false }
        return included.contains(folder) || own.contains { folder == $0 || folder.hasPrefix($0 + "/") }
    }

    /// The folders of the package `filesystem`, which all distributions have, as far as something could be put into them.
    private static let system: Set<String> = Set(
        [
            "", "/bin", "/boot", "/etc", "/home", "/lib", "/lib64", "/media", "/mnt", "/opt", "/root", "/sbin", "/srv",
            "/usr",
            "/var", "/etc/opt", "/etc/systemd", "/etc/systemd/system", "/srv/ftp", "/srv/www", "/srv/www/htdocs",
            "/usr/bin", "/usr/games", "/usr/include", "/usr/lib", "/usr/lib64", "/usr/libexec", "/usr/local",
            "/usr/local/bin", "/usr/local/etc", "/usr/local/lib", "/usr/local/sbin", "/usr/local/share", "/usr/sbin",
            "/usr/share", "/usr/share/doc", "/usr/share/fonts", "/usr/share/licenses", "/usr/share/locale",
            "/usr/share/man", "/usr/src", "/usr/lib/systemd", "/usr/lib/systemd/system", "/usr/lib/sysusers.d",
            "/usr/lib/tmpfiles.d", "/var/cache", "/var/lib", "/var/log", "/var/opt", "/var/spool", "/var/www",
            "/var/www/html",
        ])
}
