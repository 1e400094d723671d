import CSQLite
import Glibc
package import TapPages
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
        /// A look beside the process that writes, with its lock.
        case besideWriter
    }

    package let path: String
    let database: Database
    /// How the pages are protected on the disk.
    let protection: PageProtection
    /// Whether what it holds is in no file in this form.
    let isInMemory: Bool
    private var lock: TapLock?
    private var readingConnection: Database?
    /// The number of the latest revision, once it is known: only this one changes it.
    var knownLatest: Int?
    /// What ``cellVersions()`` is known to say already.
    var knownVersions: Set<CellVersion> = []

    /// Opens the tap of a file: recovers it first when the last writer did not come to an end.
    ///
    /// A tap of an older format is brought into the present one: in memory for reading, on the disk for writing; the old
    /// file stays beside it then, under a name with its format.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - access: what it is opened for.
    ///   - passphrase: what opens it when it is encrypted.
    ///   - lock: the right to it; nil: it is taken.
    /// - Throws: ``TapFileError``; the file is then as it was.
    package init(
        opening path: String, for access: Access, passphrase: String? = nil, holding lock: TapLock? = nil
    ) throws(TapFileError) {
        self.path = path
        try Tap.checkIsFile(path)
        var lock = if let lock { lock } else { try TapLock(path, access == .writing ? .writing : .reading) }
        var form = try TapForm(of: lock.descriptor, path, passphrase)
        if case .formatOne = form {
            let converted = try FormatOne.converted(path)
            guard access == .writing else {
                (self.lock, database, protection) = (lock, converted.database, converted.protection)
                isInMemory = true
                return
            }
            try Tap.checkIsAlone(path)
            lock = try converted.replaceFile(path, keepingOldAs: path + ".format-1").lock
            form = .present(.checked())
        }
        guard case .present(let protection) = form else { preconditionFailure("format 1 was dealt with above") }
        (self.lock, self.protection, isInMemory) = (lock, protection, false)
        guard access != .besideWriter else {
            database = try Database(path, .readOnly, protection)
            try checkFormat()
            return
        }
        let isAtRest = !Tap.hasLog(path)
        if !isAtRest { try Tap.checkLog(path, protection) }
        if isAtRest, !protection.isSealed { try Tap.checkSize(lock.descriptor, path) }
        // A log left by a crash is folded in by the first to come, reader or writer.
        database = try Database(path, access == .reading && isAtRest ? .immutable : .readWrite, protection)
        // SQLite opens for reading what it can't open for writing, and would refuse each change later.
        if access == .writing, database.isReadOnly { throw .notPermitted(path: path, action: "write it") }
        try checkFormat()
        if access == .writing { try database.execute(Tap.writingPragmas) }
        try database.execute("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")
    }

    /// Every commit is on the disk when it returns.
    ///
    /// The log is folded into the file when it has 4000 pages (16 MB) rather than 1000: a page that changed several times
    /// meanwhile is written once. Up to 16 MB of pages are kept in memory rather than 2, if there are so many.
    private static let writingPragmas = """
        PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -16000
        """

    /// Makes an empty tap in memory, for an application that is not kept, or not yet.
    ///
    /// `protection` is how its pages will be protected on the disk.
    package init(inMemoryNamed name: String, _ protection: PageProtection = .checked()) throws(TapFileError) {
        path = name
        lock = nil
        self.protection = protection
        database = try Database(name, .memory, protection)
        isInMemory = true
        try begin()
    }

    /// Makes an empty tap in a new file that nobody knows yet, and that has to be synced when it is complete.
    ///
    /// - Parameters:
    ///   - file: the new file.
    ///   - name: how errors call the tap.
    ///   - protection: how its pages are protected.
    /// - Throws: ``TapFileError``; what is left of the file is of no use then.
    init(making file: String, named name: String, _ protection: PageProtection) throws(TapFileError) {
        path = name
        lock = nil
        self.protection = protection
        try WholeFile.write(protection.emptyFile, new: file)
        database = try Database(file, .readWrite, protection)
        isInMemory = false
        try database.execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -16000")
        try begin()
    }

    private func begin() throws(TapFileError) {
        try database.execute(Schema.settings + Schema.statements)
        try database.execute(
            "INSERT INTO about VALUES ('minimumReader', '\(Schema.format)'), ('madeBy', 'taproom \(ProgramVersion.text)')"
        )
    }

    /// The right to the file, or nil in memory.
    package var right: TapLock? { lock }

    /// Opens a second connection, for reading beside the thread that writes: see ``TapWriter``.
    ///
    /// To be called while the path can still be reached. Does nothing for a tap in memory.
    package func openReadingConnection() throws(TapFileError) {
        guard !isInMemory else { return }
        readingConnection = try Database(path, .readOnly, protection)
    }

    /// Gives the second connection away, when there is one.
    func takeReadingConnection() -> HandedOver<Database>? {
        defer { readingConnection = nil }
        return readingConnection.map { HandedOver(value: $0) }
    }

    /// Stores what `body` does as one change that is durable when this returns.
    ///
    /// When it throws, nothing is stored.
    package func commit<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try database.transaction(body)
        } catch {
            knownLatest = nil
            knownVersions = []
            throw error
        }
    }

    /// Folds the log into the file, so that the file alone is complete.
    package func checkpoint() throws(TapFileError) { try database.execute("PRAGMA wal_checkpoint(TRUNCATE)") }

    /// Closes the file; it is then the only one, complete, and free for others.
    ///
    /// Nothing may be asked of this any more.
    package func close() throws(TapFileError) {
        readingConnection = nil
        try database.close()
        lock = nil
    }
}
