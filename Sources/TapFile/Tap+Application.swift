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

    func head(_ row: Row) throws -> Application {
        let retention = try row.optionalText(3).map { text in
            guard let retention = try? DatumDecoder().decode(Retention.self, from: JSONReader.read(text).datum) else {
                throw TapFileError.damaged(path: path, problem: "the retention can't be read")
            }
            return retention
        }
        return Application(
            name: row.text(0), user: row.optionalText(1), group: row.optionalText(2), retention: retention)
    }

    func service(_ row: Row) throws -> (path: String, service: ServiceDefinition) {
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

    /// The number that stands for a service now; nil: there is no such service.
    package func identity(of path: String) throws -> Int64? {
        try database.rows("SELECT id FROM service WHERE died IS NULL AND path = ?", [.text(path)]) { $0.integer(0) }
            .first
    }

    /// Stores what is different in an application, as part of the revision that is added next.
    ///
    /// Inside of ``commit(_:)``.
    ///
    /// A service keeps its identity, and so its state, as long as its path and kind stay, or also when its kind has another
    /// word now, with `keepingIdentities`. Answers whether anything differs.
    package func store(_ application: Application, keepingIdentities: Bool = false) throws -> Bool {
        let isNew = try latestRevision() == 0
        let old = isNew ? Application(name: "") : try self.application()
        return try store(ApplicationChange(from: old, to: application), keepingIdentities: keepingIdentities)
    }

    /// Stores a change of the application that is stored, as part of the revision that is added next.
    ///
    /// Inside of ``commit(_:)``. Costs what the change touches, and not what there is. Answers whether anything differs.
    package func store(_ change: ApplicationChange, keepingIdentities: Bool = false) throws -> Bool {
        let revision = try latestRevision() + 1
        let isOtherApplication = revision == 1 || change.changesApplication
        if isOtherApplication { try storeHead(change.new, at: revision) }
        let moved = try change.changesOrder ? moves(in: change) : []
        // Whose path another has from now on makes room first.
        var former: [String: (id: Int64, position: Int)] = [:]
        let ending = change.services.compactMap { $0.old == nil ? nil : $0.formerPath ?? $0.path } + moved.map(\.path)
        for path in ending where former[path] == nil {
            former[path] = try place(of: path)
            try end("service", where: "path = ?", [.text(path)], at: revision)
        }
        let positions = Dictionary(moved.map { ($0.path, $0.position) }) { first, _ in first }
        for service in change.services {
            guard let new = service.new else { continue }
            let own = former[service.formerPath ?? service.path]
            let keeps = keepingIdentities || service.old?.kind == new.kind
            let identity = try (keeps ? own?.id : nil) ?? newIdentity()
            let position = positions[service.path] ?? own?.position ?? 0
            try insert(new, path: service.path, identity: identity, position: position, at: revision)
        }
        let changed = Set(change.services.map(\.path))
        for (path, position) in moved where !changed.contains(path) {
            guard let service = change.new.service(at: path), let own = former[path] else { continue }
            try insert(service, path: path, identity: own.id, position: position, at: revision)
        }
        return isOtherApplication || !change.services.isEmpty || !moved.isEmpty
    }

    private func storeHead(_ application: Application, at revision: Int) throws {
        try end("application", where: "1", [], at: revision)
        try database.query(
            "INSERT INTO application VALUES (?, ?, ?, ?, ?, NULL)",
            [
                .text(application.name), application.user.map { .text($0) }, application.group.map { .text($0) },
                application.retention.map { .text(JSONWriter.line(try DatumEncoder().encode($0))) },
                .integer(Int64(revision)),
            ])
    }

    private func place(of path: String) throws -> (id: Int64, position: Int)? {
        try database.rows("SELECT id, position FROM service WHERE died IS NULL AND path = ?", [.text(path)]) {
            ($0.integer(0), Int($0.integer(1)))
        }.first
    }

    /// The services that do not stand where they stood, or are new, and their places.
    ///
    /// Only the order counts, gaps do not matter: a service that stays behind the same others keeps its place, and one that
    /// is added behind all others gets the next.
    private func moves(in change: ApplicationChange) throws -> [(path: String, position: Int)] {
        let rows = try database.rows("SELECT path, position FROM service WHERE died IS NULL") {
            ($0.text(0), Int($0.integer(1)))
        }
        let stored = Dictionary(rows) { first, _ in first }
        let renamed = change.services.compactMap { service in service.formerPath.map { (service.path, $0) } }
        let former = Dictionary(renamed) { first, _ in first }
        let new = Set(change.services.filter { $0.old == nil }.map(\.path))
        var last = -1
        return change.new.servicesByPath.compactMap { path, _ in
            let own = new.contains(path) ? nil : stored[former[path] ?? path]
            let position = own.map { max($0, last + 1) } ?? last + 1
            last = position
            return position == own ? nil : (path, position)
        }
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
        let number = [SQLValue.integer(Int64(revision))]
        try database.query("DELETE FROM \(table) WHERE died IS NULL AND born = ? AND \(condition)", number + values)
        try database.query("UPDATE \(table) SET died = ? WHERE died IS NULL AND \(condition)", number + values)
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
