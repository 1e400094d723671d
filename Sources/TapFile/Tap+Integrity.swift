import TapData
import TapPages
import Taproom

extension Tap {
    /// The pages of a tap that is small enough to be read whole at each start: 4 MiB.
    private static let pagesOfASmallTap = 1024

    /// Reads what a start depends on, and every page of a small tap.
    ///
    /// Throws ``TapFileError/damaged(path:problem:)`` when something is not what was written.
    package func checkPages() throws {
        _ = try base()
        _ = try cellVersions()
        let pages = try database.rows("PRAGMA page_count") { Int($0.integer(0)) }.first ?? 0
        guard pages <= Tap.pagesOfASmallTap else { return }
        let problems = try database.rows("PRAGMA quick_check(1)") { $0.text(0) }.filter { $0 != "ok" }
        if let problem = protection.problem ?? problems.first {
            throw TapFileError.damaged(path: path, problem: problem)
        }
    }

    /// What is wrong with the file and with what refers to what, a sentence each.
    ///
    /// Reads every page and every row; the time grows with the size of the file.
    package func integrityFindings() throws -> [String] {
        let pages = try database.rows("PRAGMA integrity_check") { $0.text(0) }.filter { $0 != "ok" }
        // What SQLite makes of a page that can't be read is of no use to anyone.
        if let problem = protection.problem { return ["the file: \(problem)"] }
        guard pages.isEmpty else { return pages.map { "the file: \($0)" } }
        let next = try latestRevision() + 1
        var findings: [String] = []
        for table in ["application", "service", "base", "past", "(SELECT born, NULL AS died FROM state)"] {
            let rows = try database.rows(
                "SELECT count(*) FROM \(table) WHERE born < 1 OR born > \(next) OR died <= born OR died > \(next)"
            ) { $0.integer(0) }
            if let count = rows.first, count > 0 {
                findings.append("\(count) rows of \"\(table.hasPrefix("(") ? "state" : table)\" hold in no revision")
            }
        }
        let heads = try database.rows("SELECT count(*) FROM application WHERE died IS NULL") { $0.integer(0) }
        if let count = heads.first, count != 1 { findings.append("it has \(count) applications") }
        let known = try Set(database.rows("SELECT DISTINCT id FROM service") { $0.integer(0) })
        for cell in try stateCells() where !known.contains(cell.service) {
            findings.append("the state \"\(cell.cell)\" belongs to no service")
        }
        for table in ["state", "past"] { findings += try unreadableValues(in: table) }
        let settings = try database.rows("SELECT path, settings FROM service") { ($0.text(0), $0.text(1)) }
        for (path, text) in settings where (try? JSONReader.read(text).datum.object) == nil {
            findings.append("settings of the service \"\(path)\" can't be read")
        }
        return findings
    }

    /// Values that are no CBOR.
    private func unreadableValues(in table: String) throws -> [String] {
        var findings: [String] = []
        try database.query("SELECT service, cell, key, value FROM \(table)") { row in
            guard (try? CBOR.decode(row.blob(3))) == nil else { return }
            let key = row.key(2) == .cell ? "" : " at \(row.key(2).text)"
            findings.append("the value of \"\(row.text(1))\"\(key) of service \(row.integer(0)) can't be read")
        }
        return findings
    }
}
