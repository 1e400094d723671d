import CSQLite
import TapPages
import Taproom

/// Taps of format 1, from before Taproom 0.1: pages without checksums, and one table for the state of now and of before.
enum FormatOne {
    /// What a tap of format 1 holds, as a tap of the present format in memory.
    ///
    /// The file is left as it is. Throws ``TapFileError``.
    static func converted(_ path: String) throws(TapFileError) -> Tap {
        do {
            let old = try Database(path, .readWrite)
            defer { try? old.close() }
            try check(old)
            let tap = try Tap(inMemoryNamed: path)
            try tap.commit {
                try tap.database.execute("DELETE FROM about WHERE key = 'madeBy'")
                for (table, source, columns) in FormatOne.tables {
                    try copy(old, source, to: table, columns: columns, in: tap.database)
                }
            }
            return tap
        } catch let error as TapFileError {
            throw error
        } catch {
            throw .damaged(path: path, problem: "\(error)")
        }
    }

    /// Each table of today, the query that gives its rows from the old file, and how many columns that has.
    private static let tables: [(table: String, source: String, columns: Int32)] = [
        ("about", "SELECT key, value FROM about WHERE key <> 'minimumReader'", 2),
        ("revision", "SELECT number, time, author, origin, comment, kind, status, snapshot FROM revision", 8),
        ("application", "SELECT name, user, \"group\", NULL, born, died FROM application", 6),
        (
            "service",
            "SELECT id, path, position, kind, version, enabled, restart, settings, born, died FROM service", 10
        ),
        ("base", "SELECT name, text, born, died FROM base", 4),
        ("state", "SELECT service, cell, key, version, value, born FROM state WHERE died IS NULL", 6),
        ("past", "SELECT service, cell, key, version, value, born, died FROM state WHERE died IS NOT NULL", 7),
        ("cell_version", "SELECT DISTINCT service, cell, version FROM state WHERE died IS NULL", 3),
    ]

    private static func check(_ old: Database) throws {
        func number(_ pragma: String) throws -> Int64? { try old.rows("PRAGMA \(pragma)") { $0.integer(0) }.first }
        guard try number("application_id") == Int64(Schema.applicationID) else {
            throw TapFileError.notATap(path: old.path, found: "it is an SQLite file of another program")
        }
        // These pages have no checksums: what SQLite finds wrong is all there is to know.
        let problem = try old.rows("PRAGMA integrity_check(1)") { $0.text(0) }.first { $0 != "ok" }
        if let problem { throw TapFileError.damaged(path: old.path, problem: problem) }
        guard try number("user_version") == 1 else {
            throw TapFileError.damaged(path: old.path, problem: "its pages have no checksums")
        }
    }

    private static func copy(
        _ old: Database, _ source: String, to table: String, columns: Int32, in new: Database
    ) throws {
        let marks = Array(repeating: "?", count: Int(columns)).joined(separator: ", ")
        try old.query(source) { row in
            try new.query("INSERT INTO \(table) VALUES (\(marks))", (0..<columns).map(row.value))
        }
    }
}
