import Glibc
import Taproom

/// The few things that are done to files here.
///
/// All throw ``SystemCallError``.
enum Disk {
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Makes a folder and those above it, where they are missing.
    static func makeFolder(_ path: String) throws(SystemCallError) {
        if mkdir(path, 0o777) == 0 || errno == EEXIST { return try checkFolder(path) }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
            throw SystemCallError("make the folder \(path)")
        }
        try makeFolder(String(path[..<slash]))
        guard mkdir(path, 0o777) == 0 || errno == EEXIST else { throw SystemCallError("make the folder \(path)") }
    }

    private static func checkFolder(_ path: String) throws(SystemCallError) {
        var status = stat()
        guard stat(path, &status) == 0 else { throw SystemCallError("make the folder \(path)") }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw SystemCallError("make the folder \(path)", code: ENOTDIR)
        }
    }

    /// What is at a path, in the bits of `S_IFMT`; links are not followed.
    static func kind(of path: String) throws(SystemCallError) -> mode_t {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw SystemCallError("read \(path)") }
        return status.st_mode & S_IFMT
    }

    /// Removes a file, a link, or a folder with everything in it.
    static func remove(_ path: String) throws(SystemCallError) {
        if unlink(path) == 0 { return }
        guard errno == EISDIR || errno == EPERM else { throw SystemCallError("remove \(path)") }
        try removeTree(path)
    }

    /// Removes a folder with everything in it.
    ///
    /// Links are removed, not followed.
    static func removeTree(_ path: String) throws(SystemCallError) {
        for name in try names(in: path) { try remove("\(path)/\(name)") }
        guard rmdir(path) == 0 else { throw SystemCallError("remove \(path)") }
    }

    /// The names in a folder, without the folder itself and the one above it.
    ///
    /// Throws ``SystemCallError``, with `EILSEQ` for a name that is not UTF-8.
    static func names(in path: String) throws(SystemCallError) -> [String] {
        guard let folder = opendir(path) else { throw SystemCallError("read the folder \(path)") }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(validating: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let name else { throw SystemCallError("read a name in the folder \(path)", code: EILSEQ) }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
