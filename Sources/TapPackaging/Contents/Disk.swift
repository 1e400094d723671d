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

    /// Writes a new file with exactly this mode.
    ///
    /// When it fails the file is not there.
    static func create(_ path: String, mode: UInt16, content: [UInt8]) throws {
        try create(path, mode: mode) { try write(content, to: $0, path) }
    }

    /// Makes a new file with exactly this mode, which `fill` writes.
    ///
    /// When it fails the file is not there.
    static func create(_ path: String, mode: UInt16, fill: (_ file: CInt) throws -> Void) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw SystemCallError("create \(path)") }
        do {
            defer { close(file) }
            try fill(file)
            guard fchmod(file, mode_t(mode)) == 0 else { throw SystemCallError("set the mode of \(path)") }
        } catch {
            unlink(path)
            throw error
        }
    }

    /// Removes a folder with everything in it.
    ///
    /// Links are removed, not followed.
    static func removeTree(_ path: String) throws(SystemCallError) {
        for name in try names(in: path) {
            let member = "\(path)/\(name)"
            if unlink(member) == 0 { continue }
            guard errno == EISDIR || errno == EPERM else { throw SystemCallError("remove \(member)") }
            try removeTree(member)
        }
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
