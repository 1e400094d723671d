import CSQLite
import TapPages
import Taproom

/// A connection to an SQLite database.
///
/// Not safe for two threads at once: whoever has it keeps it in one.
final class Database {
    /// How a database is opened.
    enum Access {
        case readWrite
        /// Beside a connection that writes.
        case readOnly
        /// For a file that nobody changes meanwhile, in a folder that need not be writable.
        case immutable
        case memory
    }

    /// How many prepared statements are kept for the next time.
    private static let maximumStatements = 64

    let path: String
    /// How the pages are protected; nil: not at all, as in format 1.
    private let protection: PageProtection?
    private var handle: OpaquePointer?
    private var statements: [String: Statement] = [:]

    /// Opens an existing database, or an empty one in memory.
    ///
    /// Throws ``TapFileError``.
    init(_ path: String, _ access: Access, _ protection: PageProtection? = nil) throws(TapFileError) {
        self.path = path
        self.protection = protection
        let flags =
            switch access {
            case .readWrite, .memory: SQLITE_OPEN_READWRITE
            case .readOnly, .immutable: SQLITE_OPEN_READONLY
            }
        // Without protection no URI is meant: a path that looks like one is none.
        let name =
            access == .memory
            ? ":memory:"
            : protection?.uri(forPath: path, immutable: access == .immutable)
                ?? (path.hasPrefix("file:") ? "./" + path : path)
        let code = sqlite3_open_v2(name, &handle, flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nil)
        // `deinit` closes what was opened: everything this stores is set.
        guard code == SQLITE_OK else { throw failure() }
        sqlite3_extended_result_codes(handle, 1)
        sqlite3_busy_timeout(handle, 5000)
        if let protection, protection.prepare(handle) != SQLITE_OK { throw failure() }
    }

    deinit { try? close() }

    /// Closes the connection.
    ///
    /// A log of changes is folded into the file first. Closing twice does nothing.
    func close() throws(TapFileError) {
        guard let open = handle else { return }
        statements.removeAll()
        handle = nil
        guard sqlite3_close_v2(open) == SQLITE_OK else {
            throw .storage(path: path, code: SQLITE_BUSY, problem: "cannot close")
        }
    }

    /// Lets the log stay beside the file when this is closed.
    func keepLog() throws(TapFileError) {
        var isKept: CInt = 1
        guard sqlite3_file_control(handle, "main", SQLITE_FCNTL_PERSIST_WAL, &isKept) == SQLITE_OK else {
            throw failure()
        }
    }

    /// Whether the file could only be opened for reading.
    var isReadOnly: Bool { sqlite3_db_readonly(handle, "main") == 1 }

    /// What the last call on this connection reported.
    func failure() -> TapFileError {
        let code = sqlite3_extended_errcode(handle)
        let text = String(cString: sqlite3_errmsg(handle))
        if let problem = protection?.problem { return .damaged(path: path, problem: problem) }
        switch code & 0xFF {
        case SQLITE_CORRUPT, SQLITE_NOTADB: return .damaged(path: path, problem: text)
        case SQLITE_IOERR, SQLITE_CANTOPEN:
            // "disk I/O error" alone helps nobody.
            let cause = sqlite3_system_errno(handle)
            let reason = cause == 0 ? text : "\(text): \(SystemCallError("read or write", code: cause).reason)"
            return .storage(path: path, code: code & 0xFF, problem: reason)
        default: return .storage(path: path, code: code & 0xFF, problem: text)
        }
    }

    /// Runs statements that answer nothing.
    func execute(_ sql: String) throws(TapFileError) {
        guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw failure() }
    }

    /// Runs one statement with values for its question marks, and hands each row over.
    func query(_ sql: String, _ values: [SQLValue?] = [], row: (Row) throws -> Void = { _ in }) throws {
        let statement = try prepared(sql)
        defer { statement.reset() }
        for (index, value) in values.enumerated() { statement.bind(value, at: Int32(index + 1)) }
        while true {
            switch sqlite3_step(statement.handle) {
            case SQLITE_ROW: try row(Row(statement: statement.handle))
            case SQLITE_DONE: return
            default: throw failure()
            }
        }
    }

    /// The rows of one statement, each turned into a value.
    func rows<Value>(_ sql: String, _ values: [SQLValue?] = [], _ make: (Row) throws -> Value) throws -> [Value] {
        var result: [Value] = []
        try query(sql, values) { row in result.append(try make(row)) }
        return result
    }

    /// How many rows the last statement changed.
    var changes: Int { Int(sqlite3_changes(handle)) }

    /// Runs a body as one transaction: all of it is stored, or nothing.
    func transaction<Result>(_ body: () throws -> Result) throws -> Result {
        try query("BEGIN IMMEDIATE")
        do {
            let result = try body()
            try query("COMMIT")
            return result
        } catch {
            // After some errors (a full disk) SQLite has rolled back by itself; then this one has nothing to do.
            if sqlite3_get_autocommit(handle) == 0 { try? execute("ROLLBACK") }
            throw error
        }
    }

    /// The bytes of the file this database would be.
    func serialized() throws(TapFileError) -> [UInt8] {
        var size: sqlite3_int64 = 0
        guard let bytes = sqlite3_serialize(handle, "main", &size, 0) else { throw failure() }
        defer { sqlite3_free(bytes) }
        // SQLite gives zeros for a page that can't be read.
        guard protection?.problem == nil else { throw failure() }
        return Array(UnsafeBufferPointer(start: bytes, count: Int(size)))
    }

    private func prepared(_ sql: String) throws(TapFileError) -> Statement {
        if let statement = statements[sql] { return statement }
        // Some statements have numbers of revisions in them: they would pile up in a program that runs for months.
        if statements.count >= Database.maximumStatements { statements.removeAll() }
        var prepared: OpaquePointer?
        guard sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil) == SQLITE_OK,
            let prepared
        else { throw failure() }
        let statement = Statement(handle: prepared)
        statements[sql] = statement
        return statement
    }
}

/// A value to put into a statement.
enum SQLValue {
    case integer(Int64)
    case text(String)
    case blob([UInt8])

    static func key(_ key: StateKey) -> SQLValue {
        switch key {
        case .integer(let integer): .integer(integer)
        case .text(let text): .text(text)
        case .bytes(let bytes): .blob(bytes)
        }
    }
}

private final class Statement {
    let handle: OpaquePointer

    init(handle: OpaquePointer) { self.handle = handle }

    deinit { sqlite3_finalize(handle) }

    func reset() {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }

    func bind(_ value: SQLValue?, at index: Int32) {
        // SQLITE_TRANSIENT, a macro Swift does not import: SQLite makes its own copy.
        let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        switch value {
        case nil: sqlite3_bind_null(handle, index)
        case .integer(let integer): sqlite3_bind_int64(handle, index, integer)
        case .text(let text): sqlite3_bind_text(handle, index, text, Int32(text.utf8.count), copied)
        case .blob(let bytes) where bytes.isEmpty: sqlite3_bind_zeroblob(handle, index, 0)
        case .blob(let bytes): sqlite3_bind_blob(handle, index, bytes, Int32(bytes.count), copied)
        }
    }
}

/// One row of an answer, valid while it is handed over.
///
/// Columns count from 0.
struct Row {
    fileprivate let statement: OpaquePointer

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }

    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(statement, column) == SQLITE_NULL }

    func text(_ column: Int32) -> String {
        guard let text = sqlite3_column_text(statement, column) else { return "" }
        return String(
            decoding: UnsafeBufferPointer(start: text, count: Int(sqlite3_column_bytes(statement, column))),
            as: UTF8.self)
    }

    func key(_ column: Int32) -> StateKey {
        switch sqlite3_column_type(statement, column) {
        case SQLITE_INTEGER: .integer(integer(column))
        case SQLITE_TEXT: .text(text(column))
        default: .bytes(blob(column))
        }
    }

    func value(_ column: Int32) -> SQLValue? {
        switch sqlite3_column_type(statement, column) {
        case SQLITE_NULL: nil
        case SQLITE_INTEGER: .integer(integer(column))
        case SQLITE_TEXT: .text(text(column))
        default: .blob(blob(column))
        }
    }

    func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }

    func blob(_ column: Int32) -> [UInt8] {
        guard let bytes = sqlite3_column_blob(statement, column) else { return [] }
        return Array(UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(statement, column))))
    }
}
