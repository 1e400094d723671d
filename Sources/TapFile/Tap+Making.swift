import CTapSystem
import Glibc
package import Taproom

extension Tap {
    /// Makes the file of a new tap with an application as its first revision.
    ///
    /// The file appears complete or not at all, mode 0600. Throws ``TapFileError``: `.exists` unless it may be replaced,
    /// `.inUse` when the one to be replaced is running.
    package static func make(
        _ path: String, _ application: Application, base: BaseDescription? = nil, replacing: Bool = false,
        by authorship: Authorship
    ) throws {
        let bytes = try make(inMemory: path, application, base: base, by: authorship).fileBytes()
        // Held until the new file has taken the name, so that no runner starts on the old one meanwhile.
        var file = stat()
        let replaced = replacing && lstat(path, &file) == 0 ? try TapLock(path, .writing) : nil
        try withExtendedLifetime(replaced) {
            // Until the new file has the name the old one is complete.
            if replaced != nil { try foldLog(of: path) }
            try WholeFile.write(bytes, to: path, replacing: replacing) {
                // What a crash left in the log of a damaged file must not be read into the new one.
                guard replaced != nil, access(path + "-wal", F_OK) == 0 else { return }
                unlink(path + "-wal")
                unlink(path + "-shm")
            }
        }
    }

    /// Folds what a crash left in the log of a tap into its file, if it is one that can be read.
    private static func foldLog(of path: String) throws(TapFileError) {
        guard access(path + "-wal", F_OK) == 0 else { return }
        do throws(TapFileError) {
            let old = try Database(path, .readWrite)
            try old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            try old.close()
        } catch {
            guard case .storage = error else { return }
            throw error
        }
    }

    /// Makes a tap in memory with an application as its first revision.
    package static func make(
        inMemory name: String, _ application: Application, base: BaseDescription? = nil, by authorship: Authorship
    ) throws -> Tap {
        let tap = try Tap(inMemoryNamed: name)
        try tap.commit {
            _ = try tap.store(application)
            if let base { try tap.store(base) }
            try tap.addRevision(.made, by: authorship)
        }
        return tap
    }

    /// The bytes of the file this tap would be, set to write-ahead logging ("Database File Format", section 1.3.3).
    private func fileBytes() throws(TapFileError) -> [UInt8] {
        var bytes = try database.serialized()
        bytes[18] = 2
        bytes[19] = 2
        return bytes
    }
}

/// Writes a file that is there completely or not at all, also after a power failure.
package enum WholeFile {
    /// Writes to a temporary name in the same folder, makes it durable, and gives it its name.
    ///
    /// `beforeNaming` is called when the new file is complete on the disk. Throws ``TapFileError``; the temporary file is
    /// gone then and the old one is as it was.
    package static func write(
        _ bytes: [UInt8], to path: String, mode: UInt32 = 0o600, replacing: Bool, beforeNaming: () -> Void = {}
    ) throws(TapFileError) {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let temporary = "\(folder)/.\(name).\(getpid())"
        do throws(SystemCallError) {
            try write(bytes, new: temporary, mode: mode)
            let directory = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard directory >= 0 else { throw SystemCallError("open the folder") }
            defer { close(directory) }
            beforeNaming()
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
            guard error.code != EEXIST else { throw .exists(path: path) }
            throw .cannotCreate(path: path, cause: error)
        }
    }

    private static func write(_ bytes: [UInt8], new path: String, mode: UInt32) throws(SystemCallError) {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard file >= 0 else { throw SystemCallError("create") }
        defer { close(file) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            guard count > 0 else { throw SystemCallError("write") }
            rest = rest.dropFirst(count)
        }
        // The mode that was asked for, whatever the umask is.
        guard fchmod(file, mode) == 0, fsync(file) == 0 else { throw SystemCallError("write") }
    }
}
