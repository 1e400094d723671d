import Glibc

/// Finds programs by their names.
package enum ProgramSearch {
    /// Where programs are looked for when nothing else is said.
    package static let usualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// The path of a program.
    ///
    /// A name with a slash is a path, taken from the folder it works in unless it begins with one; others are looked for in
    /// the folders of a path. Answers nil when nothing executable is found.
    package static func find(_ name: String, in path: String, from folder: String) -> String? {
        guard !name.isEmpty else { return nil }
        if name.contains("/") {
            let place = name.hasPrefix("/") ? name : folder + "/" + name
            return isExecutable(place) ? place : nil
        }
        for part in path.split(separator: ":") where part.hasPrefix("/") {
            let place = part + "/" + name
            if isExecutable(place) { return place }
        }
        return nil
    }

    private static func isExecutable(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
    }
}
