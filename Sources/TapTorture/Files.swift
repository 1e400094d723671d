import Glibc
package import TapTesting

/// Reading and writing whole files, in memory where there is room for it.
package enum Files {
    /// A folder for as long as it is held, in memory when this system has a file system there.
    package static func folder() throws -> TemporaryFolder {
        try TemporaryFolder(in: access("/dev/shm", W_OK) == 0 ? "/dev/shm" : TemporaryFolder.parent)
    }

    /// The names in a folder, those of hidden files too.
    ///
    /// Throws ``TortureError``.
    package static func names(in folder: String) throws -> [String] {
        guard let stream = opendir(folder) else { throw TortureError("\(folder) can't be read: error \(errno)") }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// The bytes of a file.
    ///
    /// Throws ``TortureError``.
    package static func read(_ path: String) throws -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw TortureError("\(path) can't be read: error \(errno)") }
        defer { close(file) }
        var it = stat()
        fstat(file, &it)
        var bytes = [UInt8](repeating: 0, count: Int(it.st_size))
        let count = Glibc.read(file, &bytes, bytes.count)
        guard count == bytes.count else { throw TortureError("\(path) can't be read: error \(errno)") }
        return bytes
    }

    /// Writes a file in place of one that may be there.
    ///
    /// Throws ``TortureError``.
    package static func write(_ bytes: [UInt8], to path: String) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw TortureError("\(path) can't be written: error \(errno)") }
        defer { close(file) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            guard count > 0 else { throw TortureError("\(path) can't be written: error \(errno)") }
            rest = rest.dropFirst(count)
        }
    }
}
