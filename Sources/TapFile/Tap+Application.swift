import TapData
package import Taproom

extension Tap {
    /// The application at a revision, or as it is now.
    ///
    /// Throws ``TapFileError/damaged(path:problem:)`` when what is stored can't be read.
    package func application(at revision: Int? = nil) throws -> Application {
        var application = try applicationWithoutServices(at: revision)
        let flat = try database.rows(
            """
            SELECT path, kind, version, enabled, restart, settings FROM service
            WHERE \(holding(at: revision)) ORDER BY position
            """, [], service)
        let byParent = Dictionary(grouping: flat) { path, _ in path.lastIndex(of: "/").map { path[..<$0] } ?? "" }
        application.services = children(of: "", in: byParent)
        return application
    }

    /// All of the application but its services.
    ///
    /// Throws ``TapFileError/damaged(path:problem:)`` when what is stored can't be read.
    package func applicationWithoutServices(at revision: Int? = nil) throws -> Application {
        let head = try database.rows(
            "SELECT name, user, \"group\", retention FROM application WHERE \(holding(at: revision))", [], head)
        guard let application = head.first, head.count == 1 else {
            throw TapFileError.damaged(path: path, problem: "it has \(head.count) applications")
        }
        return application
    }

    private func head(_ row: Row) throws -> Application {
        let retention = try row.optionalText(3).map { text in
            guard let retention = try? DatumDecoder().decode(Retention.self, from: JSONReader.read(text).datum) else {
                throw TapFileError.damaged(path: path, problem: "the retention can't be read")
            }
            return retention
        }
        return Application(
            name: row.text(0), user: row.optionalText(1), group: row.optionalText(2), retention: retention)
    }

    private func service(_ row: Row) throws -> (path: String, service: ServiceDefinition) {
        let path = row.text(0)
        // It would be inside of itself.
        guard !path.isEmpty else { throw TapFileError.damaged(path: self.path, problem: "a service has no name") }
        let restart = try row.optionalText(4).map { text in
            guard let policy = try? DatumDecoder().decode(RestartPolicy.self, from: JSONReader.read(text).datum) else {
                throw TapFileError.damaged(path: self.path, problem: "the restart policy of \(path) can't be read")
            }
            return policy
        }
        guard let settings = try? JSONReader.read(row.text(5)).datum.object else {
            throw TapFileError.damaged(path: self.path, problem: "the settings of \(path) can't be read")
        }
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let definition = ServiceDefinition(
            name: name, kind: row.text(1), settingsVersion: Int(row.integer(2)), isEnabled: row.integer(3) != 0,
            restart: restart ?? RestartPolicy(), settings: settings)
        return (path, definition)
    }

    private func children(
        of parent: Substring, in flat: [Substring: [(path: String, service: ServiceDefinition)]]
    ) -> [ServiceDefinition] {
        (flat[parent] ?? []).map { path, service in
            var service = service
            service.services = children(of: path[...], in: flat)
            return service
        }
    }

    /// The number that stands for a service in the state tables, by its path, at a revision or now.
    package func identities(at revision: Int? = nil) throws -> [String: Int64] {
        let rows = try database.rows("SELECT path, id FROM service WHERE \(holding(at: revision))") {
            ($0.text(0), $0.integer(1))
        }
        return Dictionary(rows) { first, _ in first }
    }

    /// Stores what is different in an application, as part of the revision that is added next.
    ///
    /// Inside of ``commit(_:)``.
    ///
    /// A service keeps its identity, and so its state, as long as its path and kind stay, or also when its kind has another
    /// word now, with `keepingIdentities`. Answers whether anything differs.
    package func store(_ application: Application, keepingIdentities: Bool = false) throws -> Bool {
        let revision = try latestRevision() + 1
        let old = revision == 1 ? nil : try self.application()
        var isChanged = false
        if old == nil || (old?.name, old?.user, old?.group) != (application.name, application.user, application.group)
            || old?.retention != application.retention
        {
            try end("application", where: "1", [], at: revision)
            try database.query(
                "INSERT INTO application VALUES (?, ?, ?, ?, ?, NULL)",
                [
                    .text(application.name), application.user.map { .text($0) }, application.group.map { .text($0) },
                    application.retention.map { .text(JSONWriter.line(try DatumEncoder().encode($0))) },
                    .integer(Int64(revision)),
                ])
            isChanged = true
        }
        return try storeServices(application, old: old, at: revision, keepingIdentities) || isChanged
    }

    private func storeServices(
        _ application: Application, old: Application?, at revision: Int, _ keepingIdentities: Bool
    ) throws -> Bool {
        let former = (old?.servicesByPath ?? []).enumerated().map { ($1.path, ($0, $1.service)) }
        let before = Dictionary(former) { first, _ in first }
        let identities = try self.identities()
        var isChanged = false
        var kept: Set<String> = []
        for (position, (path, service)) in application.servicesByPath.enumerated() {
            kept.insert(path)
            let former = before[path]
            if let former, former.0 == position, former.1.isSameRow(as: service) { continue }
            isChanged = true
            let sameKind = keepingIdentities || former?.1.kind == service.kind
            let identity = try sameKind ? identities[path] ?? newIdentity() : newIdentity()
            try end("service", where: "path = ?", [.text(path)], at: revision)
            try insert(service, path: path, identity: identity, position: position, at: revision)
        }
        for path in before.keys where !kept.contains(path) {
            isChanged = true
            try end("service", where: "path = ?", [.text(path)], at: revision)
        }
        return isChanged
    }

    private func newIdentity() throws -> Int64 {
        try database.rows("SELECT coalesce(max(id), 0) + 1 FROM service") { $0.integer(0) }.first ?? 1
    }

    private func insert(_ service: ServiceDefinition, path: String, identity: Int64, position: Int, at revision: Int)
        throws
    {
        let restart = service.restart == RestartPolicy() ? nil : try DatumEncoder().encode(service.restart)
        try database.query(
            "INSERT INTO service VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
            [
                .integer(identity), .text(path), .integer(Int64(position)), .text(service.kind),
                .integer(Int64(service.settingsVersion)), .integer(service.isEnabled ? 1 : 0),
                restart.map { .text(JSONWriter.line($0)) }, .text(JSONWriter.line(.object(service.settings))),
                .integer(Int64(revision)),
            ])
    }

    /// Ends rows that hold now.
    ///
    /// A row born in the same revision never held, and goes.
    func end(_ table: String, where condition: String, _ values: [SQLValue?], at revision: Int) throws {
        try database.query("DELETE FROM \(table) WHERE died IS NULL AND born = \(revision) AND \(condition)", values)
        try database.query("UPDATE \(table) SET died = \(revision) WHERE died IS NULL AND \(condition)", values)
    }

    /// The description the application was made from or last merged with.
    package func base() throws -> BaseDescription? {
        try database.rows("SELECT name, text FROM base WHERE died IS NULL") {
            BaseDescription(name: $0.text(0), text: $0.text(1))
        }.first
    }

    /// Keeps a description as the base of later merges.
    ///
    /// Inside of ``commit(_:)``, before the revision is added.
    package func store(_ base: BaseDescription) throws {
        let revision = try latestRevision() + 1
        try end("base", where: "1", [], at: revision)
        try database.query(
            "INSERT INTO base VALUES (?, ?, ?, NULL)", [.text(base.name), .text(base.text), .integer(Int64(revision))])
    }
}

extension ServiceDefinition {
    /// Whether nothing of this service itself differs; services inside of it have rows of their own.
    fileprivate func isSameRow(as other: ServiceDefinition) -> Bool {
        kind == other.kind && settingsVersion == other.settingsVersion && isEnabled == other.isEnabled
            && restart == other.restart
            // By bytes: Swift takes two spellings of a letter for equal, Linux does not.
            && JSONWriter.line(.object(settings)).utf8.elementsEqual(JSONWriter.line(.object(other.settings)).utf8)
    }
}
