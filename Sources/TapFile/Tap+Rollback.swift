package import Taproom

/// What is taken back to an earlier point.
package struct RollbackScope: Sendable, Equatable, Codable {
    package var settings: Bool
    package var state: Bool
    /// One service, by its path; nil: the whole application.
    package var service: String?

    package init(settings: Bool = true, state: Bool = true, service: String? = nil) {
        self.settings = settings
        self.state = state
        self.service = service
    }
}

extension Tap {
    /// Adds a revision in which settings and state are as they were at an earlier one.
    ///
    /// Inside of ``commit(_:)``.
    ///
    /// Only differences are written. What state was up to now is captured first, in a snapshot of its own, so that this
    /// can be taken back too. Answers the new revision, or nil when nothing differs.
    package func rollBack(
        to target: Int, _ scope: RollbackScope, status: Revision.Status = .active, by authorship: Authorship
    ) throws -> Int? {
        try checkRevision(target)
        if scope.state, try hasUncapturedState() {
            let comment = "before the rollback to \(target)"
            try addRevision(
                .snapshot, by: Authorship(author: authorship.author, origin: authorship.origin, comment: comment))
        }
        let identity = try scope.service.map { try rollbackIdentity($0, at: target) }
        let revision = try latestRevision() + 1
        var changes = 0
        if scope.settings {
            if let path = scope.service, let identity {
                // A service of another kind has the path now: it makes room for the one that had it then.
                try end("service", where: "path = ? AND id <> ?", [.text(path), .integer(identity)], at: revision)
                changes += database.changes
            }
            changes += try restore(Tap.services, target, only: identity, at: revision)
            if identity == nil {
                changes += try restore(Tap.applications, target, only: nil, at: revision)
                changes += try restore(Tap.bases, target, only: nil, at: revision)
            }
        }
        if scope.state { changes += try restoreState(target, only: identity, at: revision) }
        guard changes > 0 else { return nil }
        var authorship = authorship
        if authorship.comment.isEmpty { authorship.comment = "to \(target)" }
        return try addRevision(.rollback, status: status, by: authorship)
    }

    /// A table with history: its columns but `born` and `died`, and the one that says whose a row is.
    private struct Table {
        var name: String
        var columns: String
        var owner: String
    }

    private static let services = Table(
        name: "service", columns: "id, path, position, kind, version, enabled, restart, settings", owner: "id")
    private static let applications = Table(
        name: "application", columns: "name, user, \"group\", retention", owner: "0")
    private static let bases = Table(name: "base", columns: "name, text", owner: "0")

    /// Ends rows that did not hold at the target and copies those that did and do no more.
    ///
    /// Answers how many rows that were.
    ///
    /// A row that holds since before the target is the same at both ends, so only rows born or ended after it are looked at.
    private func restore(_ table: Table, _ target: Int, only owner: Int64?, at revision: Int) throws -> Int {
        let mine = owner.map { "\(table.owner) = \($0)" } ?? "1"
        let recent = "died IS NULL AND born > \(target) AND \(mine)"
        let columns = table.columns.split(separator: ",").map { $0.filter { $0 != " " } }
        let isSame = columns.map { "wanted.\($0) IS \(table.name).\($0)" }.joined(separator: " AND ")
        try database.execute(
            """
            CREATE TEMP TABLE wanted AS SELECT \(table.columns) FROM \(table.name)
            WHERE born <= \(target) AND died > \(target) AND \(mine);
            CREATE INDEX temp.wanted_index ON wanted (\(table.columns));
            CREATE TEMP TABLE missing AS
            SELECT * FROM wanted EXCEPT SELECT \(table.columns) FROM \(table.name) WHERE \(recent);
            UPDATE \(table.name) SET died = \(revision)
            WHERE \(recent) AND NOT EXISTS (SELECT 1 FROM wanted WHERE \(isSame));
            """)
        let ended = database.changes
        try database.execute(
            """
            INSERT INTO \(table.name) SELECT \(table.columns), \(revision), NULL FROM missing;
            """)
        let begun = database.changes
        try database.execute("DROP TABLE wanted; DROP TABLE missing")
        return ended + begun
    }

    /// Makes the state what it was at the target: looks only at rows that changed since.
    ///
    /// Answers how many rows are different now.
    private func restoreState(_ target: Int, only owner: Int64?, at revision: Int) throws -> Int {
        let mine = owner.map { "service = \($0)" } ?? "1"
        try database.execute(
            """
            CREATE TEMP TABLE wanted (service, cell, key, version, value, PRIMARY KEY (service, cell, key));
            INSERT INTO wanted SELECT service, cell, key, version, value FROM past
            WHERE born <= \(target) AND died > \(target) AND \(mine);
            DELETE FROM wanted WHERE EXISTS (SELECT 1 FROM state WHERE state.service = wanted.service
            AND state.cell = wanted.cell AND state.key = wanted.key
            AND state.version = wanted.version AND state.value = wanted.value);
            CREATE TEMP TABLE unwanted AS SELECT service, cell, key FROM state WHERE born > \(target) AND \(mine)
            AND ((service, cell, key) IN (SELECT service, cell, key FROM wanted)
            OR NOT EXISTS (SELECT 1 FROM past WHERE past.service = state.service AND past.cell = state.cell
            AND past.key = state.key AND past.born <= \(target) AND past.died > \(target)));
            INSERT INTO past SELECT service, cell, key, version, value, born, \(revision) FROM state
            WHERE (service, cell, key) IN (SELECT * FROM unwanted);
            """)
        try database.execute("DELETE FROM state WHERE (service, cell, key) IN (SELECT * FROM unwanted)")
        let ended = database.changes
        try database.execute("INSERT INTO state SELECT service, cell, key, version, value, \(revision) FROM wanted")
        let begun = database.changes
        try database.execute(
            """
            INSERT OR IGNORE INTO cell_version SELECT DISTINCT service, cell, version FROM wanted;
            DROP TABLE wanted; DROP TABLE unwanted;
            """)
        return ended + begun
    }

    private func rollbackIdentity(_ path: String, at target: Int) throws -> Int64 {
        let then = try identities(at: target)
        let now = try identities()
        guard let identity = then[path] ?? now[path] else {
            throw TapFileError.unknownService(path, known: Set(then.keys).union(now.keys).sorted())
        }
        return identity
    }
}

extension Tap {
    /// The application as a rollback will leave it.
    package func application(rolledBackTo target: Int, _ scope: RollbackScope) throws -> Application {
        var now = try application()
        guard scope.settings else { return now }
        let then = try application(at: target)
        guard let path = scope.service else { return then }
        let name = path.split(separator: "/").first.map(String.init) ?? path
        now.services.removeAll { $0.name == name }
        now.services += then.services.filter { $0.name == name }
        return now
    }

    /// The paths of the services that will remember something else after a rollback.
    package func services(withOtherStateAt target: Int, _ scope: RollbackScope) throws -> Set<String> {
        let (then, now) = (try identities(at: target), try identities())
        let changed = scope.state ? Set(try stateChanges(from: target, to: nil).map(\.address.service)) : []
        return Set(then.keys).union(now.keys).filter { path in
            if let only = scope.service, only != path { return false }
            if scope.settings, then[path] != now[path] { return true }
            return [then[path], now[path]].contains { $0.map(changed.contains) ?? false }
        }
    }
}
