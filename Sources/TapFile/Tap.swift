import CSQLite
import Glibc
import Taproom

/// An open tap.
///
/// Not safe for two threads at once: a running application gives it to a ``TapWriter``.
///
/// What happens in one call of ``commit(_:)`` is stored completely or not at all.
package final class Tap {
    /// How a tap is opened.
    package enum Access: Sendable {
        /// One writer; nobody else can write or start it meanwhile.
        case writing
        /// Any number of readers, of a tap that is not running.
        case reading
    }

    package let path: String
    let database: Database
    private var lock: TapLock?

    /// Opens the tap of a file: recovers it first when the last writer did not come to an end.
    ///
    /// Throws ``TapFileError``; the file is then as it was.
    package init(opening path: String, for access: Access) throws(TapFileError) {
        self.path = path
        try Tap.checkIsFile(path)
        lock = try TapLock(path, access == .writing ? .writing : .reading)
        let isAtRest = Glibc.access(path + "-wal", F_OK) != 0
        if isAtRest { try Tap.checkHeader(path) }
        // A log left by a crash is folded in by the first to come, reader or writer.
        database = try Database(path, access == .reading && isAtRest ? .immutable : .readWrite)
        // SQLite opens for reading what it can't open for writing, and would refuse each change later.
        if access == .writing, database.isReadOnly { throw .notPermitted(path: path, action: "write it") }
        try checkFormat()
        if access == .writing { try database.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL") }
        try database.execute("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")
    }

    /// Makes an empty tap in memory, for an application that is not kept.
    package init(inMemoryNamed name: String) throws(TapFileError) {
        path = name
        lock = nil
        database = try Database(name, .memory)
        try database.execute("PRAGMA page_size = \(Schema.pageSize)")
        try database.execute("PRAGMA application_id = \(Schema.applicationID); PRAGMA user_version = \(Schema.format)")
        try database.execute(Schema.statements)
        try database.execute(
            "INSERT INTO about VALUES ('minimumReader', '\(Schema.format)'), ('madeBy', 'taproom \(ProgramVersion.text)')"
        )
    }

    /// The descriptor that holds the right to the file, or nil in memory.
    package var lockDescriptor: CInt? { lock?.descriptor }

    /// Stores what `body` does as one change that is durable when this returns.
    ///
    /// When it throws, nothing is stored.
    package func commit<Result>(_ body: () throws -> Result) throws -> Result { try database.transaction(body) }

    /// Folds the log into the file, so that the file alone is complete.
    package func checkpoint() throws(TapFileError) { try database.execute("PRAGMA wal_checkpoint(TRUNCATE)") }

    /// Closes the file; it is then the only one, complete, and free for others.
    ///
    /// Nothing may be asked of this any more.
    package func close() throws(TapFileError) {
        try database.close()
        lock = nil
    }

    private static func checkIsFile(_ path: String) throws(TapFileError) {
        var file = stat()
        guard stat(path, &file) == 0 else {
            switch errno {
            case ENOENT, ENOTDIR: throw .missing(path: path)
            case EACCES: throw .notPermitted(path: path, action: "reach it")
            default: throw .storage(path: path, code: SQLITE_CANTOPEN, problem: String(cString: strerror(errno)))
            }
        }
        let what: String? =
            switch file.st_mode & S_IFMT {
            case S_IFREG: nil
            case S_IFDIR: "a folder"
            case S_IFIFO: "a FIFO"
            case S_IFSOCK: "a socket"
            default: "a device"
            }
        if let what { throw .notAFile(path: path, what: what) }
    }

    /// Tells wrong files from damaged ones before SQLite touches them (its "Database File Format", section 1.3).
    private static func checkHeader(_ path: String) throws(TapFileError) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .notPermitted(path: path, action: "read it") }
        defer { Glibc.close(file) }
        var header = [UInt8](repeating: 0, count: 100)
        let count = read(file, &header, header.count)
        guard count > 0 else { throw .notATap(path: path, found: "it is empty") }
        guard header.starts(with: Array("SQLite format 3\0".utf8).prefix(count)) else {
            throw .notATap(path: path, found: "it is no SQLite file")
        }
        func number(_ offset: Int) -> Int { header[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) } }
        let pageSize = max(Int(header[16]) << 8 | Int(header[17]), 512)
        let size = Int(lseek(file, 0, SEEK_END))
        guard count == header.count, size >= number(28) * pageSize else {
            throw .damaged(path: path, problem: "the file is cut off after \(size) bytes")
        }
        guard number(68) == Schema.applicationID else {
            throw .notATap(path: path, found: "it is an SQLite file of another program")
        }
    }

    private func checkFormat() throws(TapFileError) {
        do {
            let identity = try database.rows("PRAGMA application_id") { $0.integer(0) }.first
            guard identity == Int64(Schema.applicationID) else {
                throw TapFileError.notATap(path: path, found: "it is an SQLite file of another program")
            }
            let reader = try database.rows("SELECT value FROM about WHERE key = 'minimumReader'") {
                Int($0.text(0)) ?? 0
            }
            guard let minimum = reader.first else {
                throw TapFileError.damaged(path: path, problem: "it does not say who can read it")
            }
            guard minimum <= Schema.format else {
                throw TapFileError.newerFormat(path: path, format: minimum, known: Int(Schema.format))
            }
        } catch let error as TapFileError {
            guard case .storage(_, SQLITE_ERROR, let problem) = error else { throw error }
            throw .damaged(path: path, problem: problem)
        } catch {
            throw .damaged(path: path, problem: "\(error)")
        }
    }
}
