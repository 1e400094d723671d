import TapData
package import Taproom

/// Stored data that has to be brought into a newer form.
package struct PendingMigration: Sendable, Equatable, Codable {
    /// The path of the service.
    package var service: String
    /// `kind`, `settings`, or the name of a cell or table.
    package var part: String
    /// The version, or the word, that is stored.
    package var from: String
    /// The version, or the word, of this program.
    package var to: String
    /// How many values that are.
    package var values: Int

    /// As people read it: `web: settings 1 -> 2`.
    package var text: String {
        "\(service): \(part) \(from) -> \(to)" + (values == 1 ? "" : " (\(values) rows)")
    }
}

/// Stored data from which no way leads to what a program knows.
package struct MigrationError: ReportableError, Equatable {
    package var path: String
    package var service: String
    /// What is stored, and what is wrong with it.
    package var problem: String

    package var description: String { "\(path): service \"\(service)\": \(problem)" }
    package var advice: String? { "The tap was left as it is." }
    package var exitStatus: ExitStatus { .badData }
}

extension Tap {
    /// What is stored in older forms than the kinds of a program write, each step tried out; nothing is changed.
    ///
    /// Services of unknown kinds and unknown cells are left alone. The time grows with what is old, not with what there is.
    ///
    /// - Parameters:
    ///   - kinds: the kinds.
    ///   - name: how errors call the tap, when it is a copy of another.
    /// - Returns: what would be migrated.
    /// - Throws: ``MigrationError`` for the first value from which no way leads, and ``TapFileError``.
    package func pendingMigrations(kinds: KindList, called name: String? = nil) throws -> [PendingMigration] {
        do {
            return try migrations(kinds: kinds).flatMap { try $0.pending(in: self) }
        } catch var error as MigrationError {
            error.path = name ?? path
            throw error
        }
    }

    /// The application with its settings as the kinds of a program write them; nothing is changed.
    ///
    /// Throws ``MigrationError`` for the first service whose settings can't be migrated.
    package func migratedApplication(kinds: KindList) throws -> Application {
        var application = try application()
        for migration in try migrations(kinds: kinds) {
            application.replace(at: migration.path, with: try migration.migrated(in: self))
        }
        return application
    }

    /// Tries to read every cell that a kind of a program declares, as a start will.
    ///
    /// Rows of tables are not read: there can be too many. Throws ``MigrationError`` for the first value that can't be read,
    /// and ``TapFileError``.
    package func checkCells(kinds: KindList) throws {
        let identities = try identities()
        let stored = Dictionary(grouping: try stateCells(), by: \.service)
        for (path, service) in try application().servicesByPath {
            guard let kind = try? kinds.kind(service.kind), let identity = identities[path] else { continue }
            for cell in stored[identity] ?? [] {
                guard let declaration = kind.declaration(of: cell.cell), !declaration.isTable,
                    let value = try stateValue(StateAddress(service: identity, cell: cell.cell))
                else { continue }
                do { _ = try declaration.migrated(value) } catch {
                    throw MigrationError(path: self.path, service: path, problem: "\(error)")
                }
            }
        }
    }

    /// Brings everything into the form that the kinds of a program write, in two revisions: a snapshot of what was before,
    /// and the migration.
    ///
    /// Inside of ``commit(_:)``. Answers what was done; when that is nothing there are no revisions. Throws
    /// ``MigrationError``; nothing is changed then.
    package func migrate(
        kinds: KindList, status: Revision.Status = .active, by authorship: @autoclosure () -> Authorship
    ) throws -> [PendingMigration] {
        let migrations = try migrations(kinds: kinds)
        let pending = try migrations.flatMap { try $0.pending(in: self) }
        guard !pending.isEmpty else { return [] }
        var before = authorship()
        before.comment = "before the migration"
        try addRevision(.snapshot, by: before)
        var application = try application()
        for migration in migrations {
            try migration.migrateState(in: self)
            application.replace(at: migration.path, with: try migration.migrated(in: self))
        }
        _ = try store(application, keepingIdentities: true)
        var done = before
        done.comment = pending.map(\.text).joined(separator: ", ")
        try addRevision(.migration, status: status, by: done)
        return pending
    }

    private func migrations(kinds: KindList) throws -> [ServiceMigration] {
        let identities = try identities()
        let versions = Dictionary(grouping: try cellVersions(), by: \.cell.service)
        return try application().servicesByPath.compactMap { path, service in
            guard let kind = try? kinds.kind(service.kind) else { return nil }
            return ServiceMigration(
                path: path, service: service, kind: kind, cells: identities[path].flatMap { versions[$0] } ?? [])
        }
    }

    /// Which versions of values may occur in which cell: every one that does, and maybe some that do no more.
    func cellVersions() throws -> [(cell: StateCell, version: Int)] {
        try database.rows("SELECT service, cell, version FROM cell_version ORDER BY service, cell, version") {
            (StateCell(service: $0.integer(0), cell: $0.text(1)), Int($0.integer(2)))
        }
    }

    func forget(version: Int, of cell: StateCell) throws {
        try database.query(
            "DELETE FROM cell_version WHERE service = ? AND cell = ? AND version = ?",
            [.integer(cell.service), .text(cell.cell), .integer(Int64(version))])
        knownVersions = []
    }
}

/// What has to be done for one service.
private struct ServiceMigration {
    let path: String
    let service: ServiceDefinition
    let kind: any KnownKind
    let cells: [(cell: StateCell, version: Int)]

    /// The cells that have to be rewritten, each with what the kind declares for it.
    private var oldCells: [(cell: StateCell, version: Int, declaration: any StateDeclaration)] {
        cells.compactMap { cell, version in
            guard let declaration = kind.declaration(of: cell.cell) else { return nil }
            return version == declaration.version && cell.cell == declaration.name ? nil : (cell, version, declaration)
        }
    }

    func pending(in tap: Tap) throws -> [PendingMigration] {
        var pending: [PendingMigration] = []
        if service.kind != kind.word {
            pending.append(PendingMigration(service: path, part: "kind", from: service.kind, to: kind.word, values: 1))
        }
        if service.settingsVersion != kind.settingsVersion {
            _ = try migrated(in: tap)
            pending.append(
                PendingMigration(
                    service: path, part: "settings", from: "\(service.settingsVersion)", to: "\(kind.settingsVersion)",
                    values: 1))
        }
        for (cell, version, declaration) in oldCells {
            var count = 0
            try tap.eachRow(of: cell) { row in
                guard row.value.version == version else { return }
                _ = try migrated(row, by: declaration, in: tap)
                count += 1
            }
            guard count > 0 else { continue }
            let name = cell.cell == declaration.name ? cell.cell : "\(cell.cell) as \(declaration.name)"
            pending.append(
                PendingMigration(
                    service: path, part: name, from: "\(version)", to: "\(declaration.version)", values: count))
        }
        return pending
    }

    /// The service with its kind's present word and settings.
    func migrated(in tap: Tap) throws -> ServiceDefinition {
        var service = service
        service.kind = kind.word
        do {
            service.settings = try kind.migrated(service.settings, from: service.settingsVersion)
        } catch let problem as VersionProblem {
            throw MigrationError(path: tap.path, service: path, problem: "what it has for settings \(problem)")
        } catch {
            throw MigrationError(
                path: tap.path, service: path,
                problem: "the settings of version \(service.settingsVersion) can't be migrated: \(error)")
        }
        service.settingsVersion = kind.settingsVersion
        return service
    }

    private func migrated(
        _ row: StoredRow, by declaration: any StateDeclaration, in tap: Tap
    ) throws -> StoredValue {
        do {
            return try declaration.migrated(row.value)
        } catch {
            let place = row.key == .cell ? "" : "the row \(row.key.text): "
            throw MigrationError(path: tap.path, service: path, problem: "\(place)\(error)")
        }
    }

    func migrateState(in tap: Tap) throws {
        for (cell, version, declaration) in oldCells {
            var target = StateAddress(service: cell.service, cell: declaration.name)
            for row in try tap.keys(of: cell, version: version) {
                target.key = row
                let source = StateAddress(service: cell.service, cell: cell.cell, key: row)
                guard let value = try tap.stateValue(source) else { continue }
                let migrated = try migrated(StoredRow(key: row, value: value), by: declaration, in: tap)
                if source != target { try tap.setState(source, nil) }
                try tap.setState(target, migrated)
            }
            try tap.forget(version: version, of: cell)
        }
    }
}

extension Tap {
    /// The keys of the rows of a version.
    fileprivate func keys(of cell: StateCell, version: Int) throws -> [StateKey] {
        try database.rows(
            "SELECT key FROM state WHERE service = ? AND cell = ? AND version = ?",
            [.integer(cell.service), .text(cell.cell), .integer(Int64(version))]
        ) { $0.key(0) }
    }
}

extension Application {
    /// Puts a service into the place of the one at a path; services inside of it stay.
    fileprivate mutating func replace(at path: String, with service: ServiceDefinition) {
        func replaced(_ services: [ServiceDefinition], below parent: String) -> [ServiceDefinition] {
            services.map { old in
                var result = parent + old.name == path ? service : old
                result.services = replaced(old.services, below: parent + old.name + "/")
                return result
            }
        }
        services = replaced(services, below: "")
    }
}
