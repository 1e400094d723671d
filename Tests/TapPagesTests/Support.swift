import CSQLite
import Glibc
import TapPages
import TapTesting
import Taproom
import Testing

/// An error of SQLite: its extended result code.
struct SQLiteFailure: Error, Equatable {
    let code: Int32
}

/// A connection as taps have it.
final class Connection {
    private(set) var handle: OpaquePointer?

    /// Opens a file; one without protection by its path.
    init(_ path: String, _ protection: PageProtection?, immutable: Bool = false, isPrepared: Bool = true) throws {
        let name = protection?.uri(forPath: path, immutable: immutable) ?? path
        let access = immutable ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        try check(sqlite3_open_v2(name, &handle, access | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nil))
        sqlite3_extended_result_codes(handle, 1)
        if let protection, isPrepared { try check(protection.prepare(handle)) }
    }

    deinit { sqlite3_close_v2(handle) }

    func close() throws {
        try check(sqlite3_close(handle))
        handle = nil
    }

    private func check(_ code: Int32) throws {
        guard code == SQLITE_OK else { throw SQLiteFailure(code: handle.map(sqlite3_extended_errcode) ?? code) }
    }

    func execute(_ sql: String) throws { try check(sqlite3_exec(handle, sql, nil, nil, nil)) }

    /// The rows of a statement as text, columns behind each other.
    func rows(_ sql: String) throws -> [String] {
        var statement: OpaquePointer?
        try check(sqlite3_prepare_v2(handle, sql, -1, &statement, nil))
        defer { sqlite3_finalize(statement) }
        var rows: [String] = []
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW:
                let columns = (0..<sqlite3_column_count(statement)).map { column in
                    sqlite3_column_text(statement, column).map { String(cString: $0) } ?? "NULL"
                }
                rows.append(columns.joined(separator: "|"))
            case SQLITE_DONE: return rows
            default: throw SQLiteFailure(code: sqlite3_extended_errcode(handle))
            }
        }
    }

    func serialized() throws -> [UInt8] {
        var size: sqlite3_int64 = 0
        let bytes = try #require(sqlite3_serialize(handle, "main", &size, 0))
        defer { sqlite3_free(bytes) }
        return Array(UnsafeBufferPointer(start: bytes, count: Int(size)))
    }
}

extension TemporaryFolder {
    /// Makes the file of a protected database whose tables `schema` makes.
    func makeDatabase(_ name: String, _ protection: PageProtection, _ schema: String) throws {
        let connection = try Connection(":memory:", nil)
        #expect(protection.prepare(connection.handle) == SQLITE_OK)
        try connection.execute("PRAGMA page_size = 4096; \(schema)")
        try write(protection.protect(try connection.serialized()), to: name)
    }

    func bytes(of name: String) throws -> [UInt8] {
        let file = open(self[name], O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw SystemCallError("open \(name)") }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: Int(lseek(file, 0, SEEK_END)))
        try #require(pread(file, &bytes, bytes.count, 0) == bytes.count)
        return bytes
    }

    /// Copies a file as it is now, as after a crash.
    func copy(_ name: String, to copy: String) throws { try write(try bytes(of: name), to: copy) }
}

/// Both forms of protection.
enum Form: String, CaseIterable, CustomTestStringConvertible {
    case checked
    case sealed

    var testDescription: String { rawValue }

    func protection() throws -> PageProtection {
        switch self {
        case .checked: .checked()
        case .sealed: .sealed(try SealHeader.make(passphrase: "correct horse", cost: .minimal))
        }
    }
}

/// A table with rows of any size, and one without row ids.
let schema = """
    CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, value BLOB);
    CREATE TABLE word (text TEXT PRIMARY KEY, count INTEGER) WITHOUT ROWID;
    CREATE INDEX itemName ON item (name);
    """
