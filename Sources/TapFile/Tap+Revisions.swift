import TapData
import Taproom

extension Tap {
    /// The number of the latest revision, whatever became of it; 0 in a tap that is just being made.
    package func latestRevision() throws -> Int {
        if let knownLatest { return knownLatest }
        let numbers = try database.rows("SELECT coalesce(max(number), 0) FROM revision") { Int($0.integer(0)) }
        let latest = numbers.first ?? 0
        guard (0...Int(Int32.max)).contains(latest) else {
            throw TapFileError.damaged(path: path, problem: "its latest revision is \(latest)")
        }
        knownLatest = latest
        return latest
    }

    /// The number of the revision that the settings are of.
    package func activeRevision() throws -> Int {
        // From the newest back: it is one of the last.
        try database.rows("SELECT number FROM revision WHERE status = 'active' ORDER BY number DESC LIMIT 1") {
            Int($0.integer(0))
        }.first ?? 0
    }

    /// All revisions, or those from a number on, oldest first.
    package func history(from first: Int = 0) throws -> [Revision] {
        try database.rows(
            """
            SELECT number, time, author, origin, comment, kind, status, snapshot FROM revision WHERE number >= ?
            ORDER BY number
            """, [.integer(Int64(first))]
        ) { row in
            Revision(
                revision: Int(row.integer(0)), time: row.text(1), author: row.text(2), origin: row.text(3),
                comment: row.text(4), kind: Revision.Kind(rawValue: row.text(5)) ?? .change,
                status: Revision.Status(rawValue: row.text(6)) ?? .failed, snapshot: row.optionalText(7))
        }
    }

    /// Throws ``TapFileError/unknownRevision(_:latest:)`` unless there is such a revision.
    package func checkRevision(_ number: Int) throws {
        let found = try database.rows("SELECT 1 FROM revision WHERE number = ?", [.integer(Int64(number))]) { _ in true
        }
        guard !found.isEmpty else { throw TapFileError.unknownRevision(number, latest: try latestRevision()) }
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
        knownLatest = number
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
        // Of services that were new in it: their numbers are given to others.
        let newServices =
            "SELECT id FROM service WHERE born = \(number) EXCEPT SELECT id FROM service WHERE born < \(number)"
        for table in ["state", "past"] {
            try database.query("DELETE FROM \(table) WHERE service IN (\(newServices))")
        }
        for table in ["application", "service", "base"] {
            try database.query("DELETE FROM \(table) WHERE born = ?", [.integer(Int64(number))])
            try database.query("UPDATE \(table) SET died = NULL WHERE died = ?", [.integer(Int64(number))])
        }
        // Only rollbacks and migrations write state of their own; in other revisions such rows are what services stored
        // meanwhile.
        let writesState = try history().contains {
            $0.revision == number && ($0.kind == .rollback || $0.kind == .migration)
        }
        if writesState { try bringBackState(from: number) }
        if try confirmation()?.revision == number { try store(nil as Confirmation?) }
        try database.query("UPDATE revision SET status = 'failed' WHERE number = ?", [.integer(Int64(number))])
    }

    /// Undoes what a revision did to state, and what services made of it meanwhile.
    private func bringBackState(from number: Int) throws {
        try database.execute(
            """
            CREATE TEMP TABLE touched AS
            SELECT service, cell, key FROM state WHERE born = \(number)
            UNION SELECT service, cell, key FROM past WHERE born = \(number) OR died = \(number);
            DELETE FROM state WHERE (service, cell, key) IN (SELECT * FROM touched);
            DELETE FROM past WHERE born >= \(number) AND (service, cell, key) IN (SELECT * FROM touched);
            INSERT INTO state SELECT service, cell, key, version, value, born FROM past WHERE died = \(number);
            INSERT OR IGNORE INTO cell_version SELECT DISTINCT service, cell, version FROM past WHERE died = \(number);
            DELETE FROM past WHERE died = \(number);
            DROP TABLE touched;
            """)
    }

    /// Fails what was pending when the last writer came to its end.
    ///
    /// Answers the numbers. Inside of ``commit(_:)``.
    package func failPendingRevisions() throws -> [Int] {
        let pending = try pendingRevisions()
        for number in pending.reversed() { try fail(number) }
        return pending
    }

    /// Says that all that is pending now runs.
    ///
    /// Inside of ``commit(_:)``.
    package func activatePendingRevisions() throws { for number in try pendingRevisions() { try activate(number) } }

    private func pendingRevisions() throws -> [Int] {
        try database.rows("SELECT number FROM revision WHERE status = 'pending' ORDER BY number") {
            Int($0.integer(0))
        }
    }

    private func supersede() throws {
        let active = try activeRevision()
        try database.query("UPDATE revision SET status = 'superseded' WHERE number = ?", [.integer(Int64(active))])
    }

    /// The part of a query that picks the rows holding at a revision; nil: those that hold now.
    func holding(at revision: Int?) -> String {
        guard let revision else { return "died IS NULL" }
        return "born <= \(revision) AND (died IS NULL OR died > \(revision))"
    }
}
