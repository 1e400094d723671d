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
    static func create(
        _ path: String, mode: UInt16, content: [UInt8], isSynchronized: Bool = false
    ) throws(SystemCallError) {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw SystemCallError("create \(path)") }
        do throws(SystemCallError) {
            defer { close(file) }
            try write(content, to: file, path: path)
            guard fchmod(file, mode_t(mode)) == 0 else { throw SystemCallError("set the mode of \(path)") }
            if isSynchronized, fsync(file) != 0 { throw SystemCallError("save \(path)") }
        } catch {
            unlink(path)
            throw error
        }
    }

    private static func write(_ content: [UInt8], to file: CInt, path: String) throws(SystemCallError) {
        var offset = 0
        while offset < content.count {
            let count = content.withUnsafeBytes {
                Glibc.write(file, $0.baseAddress?.advanced(by: offset), $0.count - offset)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw SystemCallError("write \(path)") }
            offset += count
        }
    }

    /// Writes a file under another name, saves it, and gives it its name: there is no moment with half of it.
    static func replace(_ path: String, with content: [UInt8]) throws(SystemCallError) {
        let temporary = "\(path).\(getpid()).new"
        unlink(temporary)
        try create(temporary, mode: 0o644, content: content, isSynchronized: true)
        guard rename(temporary, path) == 0 else {
            let error = SystemCallError("rename \(temporary) to \(path)")
            unlink(temporary)
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

    private static func names(in path: String) throws(SystemCallError) -> [String] {
        guard let folder = opendir(path) else { throw SystemCallError("read the folder \(path)") }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
