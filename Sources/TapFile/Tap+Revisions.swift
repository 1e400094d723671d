import TapData
import Taproom

extension Tap {
    /// The number of the latest revision, whatever became of it; 0 in a tap that is just being made.
    package func latestRevision() throws -> Int {
        let numbers = try database.rows("SELECT coalesce(max(number), 0) FROM revision") { Int($0.integer(0)) }
        let latest = numbers.first ?? 0
        guard (0...Int(Int32.max)).contains(latest) else {
            throw TapFileError.damaged(path: path, problem: "its latest revision is \(latest)")
        }
        return latest
    }

    /// The number of the revision that the settings are of.
    package func activeRevision() throws -> Int {
        try database.rows("SELECT coalesce(max(number), 0) FROM revision WHERE status = 'active'") {
            Int($0.integer(0))
        }.first ?? 0
    }

    /// All revisions, oldest first.
    package func history() throws -> [Revision] {
        try database.rows(
            "SELECT number, time, author, origin, comment, kind, status, snapshot FROM revision ORDER BY number"
        ) { row in
            Revision(
                revision: Int(row.integer(0)), time: row.text(1), author: row.text(2), origin: row.text(3),
                comment: row.text(4), kind: Revision.Kind(rawValue: row.text(5)) ?? .change,
                status: Revision.Status(rawValue: row.text(6)) ?? .failed, snapshot: row.optionalText(7))
        }
    }

    /// Throws ``TapFileError/unknownRevision(_:latest:)`` unless there is such a revision.
    package func checkRevision(_ number: Int) throws {
        let latest = try latestRevision()
        guard (1...max(latest, 1)).contains(number), latest > 0 else {
            throw TapFileError.unknownRevision(number, latest: latest)
        }
    }

    /// Adds a revision that captures settings and state as they are now.
    ///
    /// Inside of ``commit(_:)``.
    ///
    /// An `active` one takes the place of the active one before.
    @discardableResult
    package func addRevision(
        _ kind: Revision.Kind, status: Revision.Status = .active, snapshot: String? = nil, by authorship: Authorship
    ) throws -> Int {
        let number = try latestRevision() + 1
        if status == .active { try supersede() }
        try database.query(
            "INSERT INTO revision VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                .integer(Int64(number)), .text(Timestamp.now), .text(authorship.author), .text(authorship.origin),
                .text(authorship.comment), .text(kind.rawValue), .text(status.rawValue), snapshot.map { .text($0) },
            ])
        return number
    }

    /// Says that a pending revision now runs.
    ///
    /// Inside of ``commit(_:)``.
    package func activate(_ number: Int) throws {
        try supersede()
        try database.query("UPDATE revision SET status = 'active' WHERE number = ?", [.integer(Int64(number))])
    }

    /// Takes a pending revision's changes back and marks it failed.
    ///
    /// Inside of ``commit(_:)``.
    package func fail(_ number: Int) throws {
        // Only a rollback writes state of its own; in other revisions such rows are what services stored meanwhile.
        let isRollback = try history().contains { $0.revision == number && $0.kind == .rollback }
        try discardState(of: number, isRollback: isRollback)
        for table in ["application", "service", "base"] + (isRollback ? ["state"] : []) {
            try database.query("DELETE FROM \(table) WHERE born = ?", [.integer(Int64(number))])
            try database.query("UPDATE \(table) SET died = NULL WHERE died = ?", [.integer(Int64(number))])
        }
        try database.query("UPDATE revision SET status = 'failed' WHERE number = ?", [.integer(Int64(number))])
    }

    /// Forgets what services stored meanwhile that ran only because of a revision that failed.
    private func discardState(of number: Int, isRollback: Bool) throws {
        // Of services that were new in it: their numbers are given to others.
        try database.query(
            """
            DELETE FROM state WHERE service IN
            (SELECT id FROM service WHERE born = \(number) EXCEPT SELECT id FROM service WHERE born < \(number))
            """)
        guard isRollback else { return }
        // Of cells it had taken back: what it ended comes back in their place.
        try database.query(
            """
            DELETE FROM state WHERE born > \(number) AND (service, cell, key) IN
            (SELECT service, cell, key FROM state WHERE born = \(number) OR died = \(number))
            """)
    }

    /// Fails what was pending when the last writer came to its end.
    ///
    /// Answers the numbers. Inside of ``commit(_:)``.
    package func failPendingRevisions() throws -> [Int] {
        let pending = try database.rows("SELECT number FROM revision WHERE status = 'pending' ORDER BY number DESC") {
            Int($0.integer(0))
        }
        for number in pending { try fail(number) }
        return pending
    }

    private func supersede() throws {
        try database.query("UPDATE revision SET status = 'superseded' WHERE status = 'active'")
    }

    /// The part of a query that picks the rows holding at a revision; nil: those that hold now.
    func holding(at revision: Int?) -> String {
        guard let revision else { return "died IS NULL" }
        return "born <= \(revision) AND (died IS NULL OR died > \(revision))"
    }
}
