import CTapSystem
import Glibc
import Taproom

/// Writes a file that is there completely or not at all, also after a power failure.
package enum WholeFile {
    /// Writes bytes to a temporary name in the same folder, makes them durable, and gives the file its name.
    ///
    /// - Parameters:
    ///   - bytes: the content.
    ///   - path: the file.
    ///   - mode: its mode, whatever the umask is.
    ///   - replacing: whether a file that is there already may be replaced.
    ///   - model: a file whose owner and group the new one gets; nil: they are those of the process.
    ///   - beforeNaming: called with the temporary name when the new file is complete on the disk.
    /// - Throws: ``TapFileError``; the temporary file is gone then and the old one is as it was.
    package static func write(
        _ bytes: [UInt8], to path: String, mode: UInt32 = 0o600, replacing: Bool, likeOwnerOf model: String? = nil,
        beforeNaming: (_ temporary: String) throws(TapFileError) -> Void = { _ in }
    ) throws(TapFileError) {
        try make(path, mode: mode, replacing: replacing, likeOwnerOf: model, beforeNaming: beforeNaming) {
            (temporary) throws(TapFileError) in
            try write(bytes, new: temporary)
        }
    }

    /// Lets `fill` make a file under a temporary name in the same folder, makes it durable, and gives it its name.
    ///
    /// As ``write(_:to:mode:replacing:likeOwnerOf:beforeNaming:)``.
    static func make(
        _ path: String, mode: UInt32 = 0o600, replacing: Bool, likeOwnerOf model: String? = nil,
        beforeNaming: (_ temporary: String) throws(TapFileError) -> Void = { _ in },
        fill: (_ temporary: String) throws(TapFileError) -> Void
    ) throws(TapFileError) {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let temporary = "\(folder)/.\(name).\(getpid())"
        do {
            try fill(temporary)
            try finish(temporary, mode, model)
            let directory = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard directory >= 0 else { throw SystemCallError("open the folder") }
            defer { close(directory) }
            try beforeNaming(temporary)
            let isRenamed = replacing ? rename(temporary, path) == 0 : tap_rename_exclusive(temporary, path) == 0
            guard isRenamed else { throw SystemCallError("rename") }
            guard fsync(directory) == 0 else {
                let error = SystemCallError("write the folder")
                // A file that was replaced can't come back; a new one goes again.
                if !replacing { unlink(path) }
                throw error
            }
        } catch {
            unlink(temporary)
            guard let cause = error as? SystemCallError else {
                // Nobody has to know the temporary name.
                switch error as? TapFileError {
                case .cannotCreate(_, let cause)?: throw .cannotCreate(path: path, cause: cause)
                case .storage(temporary, let code, let problem)?:
                    throw .storage(path: path, code: code, problem: problem)
                case let error?: throw error
                case nil: throw .damaged(path: path, problem: "\(error)")
                }
            }
            throw cause.code == EEXIST ? .exists(path: path) : .cannotCreate(path: path, cause: cause)
        }
    }

    /// Makes a file that only its owner can read, with bytes that are not sure to be on the disk yet.
    static func write(_ bytes: [UInt8], new path: String) throws(TapFileError) {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .cannotCreate(path: path, cause: SystemCallError("create")) }
        defer { close(file) }
        try write(bytes[...], to: file, path)
    }

    /// Writes bytes to an open file; errors call it by the path.
    static func write(_ bytes: ArraySlice<UInt8>, to file: CInt, _ path: String) throws(TapFileError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            guard count > 0 else { throw .cannotCreate(path: path, cause: SystemCallError("write")) }
            rest = rest.dropFirst(count)
        }
    }

    /// Copies a file, byte by byte, to a new name.
    ///
    /// Throws ``TapFileError``: `.exists` when there is such a file.
    static func copy(_ path: String, to copy: String) throws(TapFileError) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .cannotCreate(path: copy, cause: SystemCallError("open")) }
        defer { close(file) }
        try make(copy, replacing: false, likeOwnerOf: path) { (temporary) throws(TapFileError) in
            try write([], new: temporary)
            let target = open(temporary, O_WRONLY | O_CLOEXEC)
            guard target >= 0 else { throw .cannotCreate(path: copy, cause: SystemCallError("open")) }
            defer { close(target) }
            var buffer = [UInt8](repeating: 0, count: 1 << 20)
            while true {
                let count = read(file, &buffer, buffer.count)
                guard count >= 0 else { throw .cannotCreate(path: copy, cause: SystemCallError("read")) }
                guard count > 0 else { return }
                try write(buffer[..<count], to: target, path)
            }
        }
    }

    /// Makes a file durable, with the owner of another one.
    static func synchronize(_ path: String, likeOwnerOf model: String) throws(TapFileError) {
        do throws(SystemCallError) {
            try finish(path, 0o600, model)
        } catch {
            throw .cannotCreate(path: path, cause: error)
        }
    }

    /// The mode that was asked for, whatever the umask is; the owner; and all of it on the disk.
    private static func finish(_ path: String, _ mode: UInt32, _ model: String?) throws(SystemCallError) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw SystemCallError("open") }
        defer { close(file) }
        var status = stat()
        if let model, stat(model, &status) == 0, geteuid() == 0 {
            guard fchown(file, status.st_uid, status.st_gid) == 0 else { throw SystemCallError("write") }
        }
        guard fchmod(file, mode) == 0, fsync(file) == 0 else { throw SystemCallError("write") }
    }
}
