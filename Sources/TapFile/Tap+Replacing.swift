import CSQLite
import Glibc
import TapPages
import Taproom

extension Tap {
    /// Puts this tap, which is in memory, into the place of a file that is kept under another name.
    ///
    /// A number is added to the name when there is such a file already. A log that is there goes with the old file. At each
    /// moment the path leads to the old tap, with its log, or to the new one.
    ///
    /// Answers the name, and the lock of the new file, which nobody else can have had. Throws ``TapFileError``; the tap is
    /// then the old or the new one.
    func replaceFile(
        _ path: String, keepingOldAs name: String
    ) throws(TapFileError) -> (oldName: String, lock: TapLock) {
        let bytes = protection.protect(try database.serialized())
        let hasLog = access(path + "-wal", F_OK) == 0
        let oldName =
            try Tap.freeName(name) { (oldName) throws(TapFileError) in
                guard hasLog else { return try Tap.link(path, oldName) }
                // A copy: until the new file has the name, whoever comes next may fold the new log into the old file.
                try WholeFile.copy(path, to: oldName)
                try Tap.link(path + "-wal", oldName + "-wal")
            }
        var lock: TapLock?
        var log: String?
        defer { if let log { for suffix in ["-wal", "-shm"] { unlink(log + suffix) } } }
        try WholeFile.make(
            path, replacing: true, likeOwnerOf: path,
            beforeNaming: { (temporary) throws(TapFileError) in
                lock = try TapLock(temporary, .writing)
                guard hasLog else { return }
                unlink(path + "-shm")
                guard rename(temporary + "-wal", path + "-wal") == 0 else {
                    throw .cannotCreate(path: path, cause: SystemCallError("rename"))
                }
            },
            fill: { (temporary) throws(TapFileError) in
                try WholeFile.write(bytes, new: temporary)
                guard hasLog else { return }
                log = temporary
                try Tap.writeWholeLog(of: temporary, protection)
            })
        guard let lock else { throw .missing(path: path) }
        // The file alone is complete.
        if hasLog { for suffix in ["-wal", "-shm"] { unlink(path + suffix) } }
        return (oldName, lock)
    }

    /// Gives the file a log that has every page of it.
    ///
    /// With it any file is this tap: SQLite takes each page from the log. So a file and its log are replaced together by
    /// giving the new log its name first, in one step.
    private static func writeWholeLog(of path: String, _ protection: PageProtection) throws(TapFileError) {
        let database = try Database(path, .readWrite, protection)
        // VACUUM writes every page, and the log stays when it is closed.
        try database.keepLog()
        try database.execute("PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = FULL; VACUUM")
        // Closing would fold it in too, and not say when that failed. This leaves all in the log.
        try database.execute("PRAGMA wal_checkpoint(FULL)")
        try database.close()
        unlink(path + "-shm")
        do {
            let log = try WriteAheadLog(path: path + "-wal", protection: protection)
            guard log.hasEveryPage else {
                throw TapFileError.storage(
                    path: path + "-wal", code: SQLITE_ERROR, problem: "it does not have all pages")
            }
        } catch let error as TapFileError {
            throw error
        } catch {
            throw .storage(path: path + "-wal", code: SQLITE_IOERR, problem: "\(error)")
        }
        try WholeFile.synchronize(path + "-wal", likeOwnerOf: path)
    }

    /// Makes something under a name, or under the name and a number when there is a file already; answers the name.
    private static func freeName(
        _ name: String, make: (String) throws(TapFileError) -> Void
    ) throws(TapFileError) -> String {
        var (free, number) = (name, 1)
        while true {
            do throws(TapFileError) {
                try make(free)
                return free
            } catch {
                guard case .exists = error else { throw error }
            }
            number += 1
            free = "\(name)-\(number)"
        }
    }

    private static func link(_ path: String, _ name: String) throws(TapFileError) {
        guard Glibc.link(path, name) != 0 else { return }
        guard errno != EEXIST else { throw .exists(path: name) }
        throw .cannotCreate(path: name, cause: SystemCallError("link"))
    }
}
