import TapData
import Taproom

extension Tap {
    /// What is wrong with the file and with what refers to what, a sentence each.
    ///
    /// Reads every page and every row; the time grows with the size of the file.
    package func integrityFindings() throws -> [String] {
        let pages = try database.rows("PRAGMA integrity_check") { $0.text(0) }.filter { $0 != "ok" }
        guard pages.isEmpty else { return pages.map { "the file: \($0)" } }
        let next = try latestRevision() + 1
        var findings: [String] = []
        for table in ["application", "service", "base", "state"] {
            let rows = try database.rows(
                "SELECT count(*) FROM \(table) WHERE born < 1 OR born > \(next) OR died <= born OR died > \(next)"
            ) { $0.integer(0) }
            if let count = rows.first, count > 0 {
                findings.append("\(count) rows of \"\(table)\" hold in no revision")
            }
        }
        let heads = try database.rows("SELECT count(*) FROM application WHERE died IS NULL") { $0.integer(0) }
        if let count = heads.first, count != 1 { findings.append("it has \(count) applications") }
        let orphans = try database.rows("SELECT count(*) FROM state WHERE service NOT IN (SELECT id FROM service)") {
            $0.integer(0)
        }
        if let count = orphans.first, count > 0 { findings.append("\(count) rows of state belong to no service") }
        for entry in try state() where (try? entry.datum()) == nil {
            findings.append(
                "the value of the cell \"\(entry.address.cell)\" of service \(entry.address.service) can't be read")
        }
        let settings = try database.rows("SELECT path, settings FROM service") { ($0.text(0), $0.text(1)) }
        for (path, text) in settings where (try? JSONReader.read(text).datum.object) == nil {
            findings.append("settings of the service \"\(path)\" can't be read")
        }
        return findings
    }
}
