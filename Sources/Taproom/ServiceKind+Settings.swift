package import ServiceLifecycle
package import TapData

/// Given settings after a look at them with their kind.
package struct CheckedSettings: Sendable {
    /// The settings as they are stored: the keys that were given and those that are always stored, in schema order.
    package var canonical: DatumObject
    package var endpoints: [Endpoint]
    /// Everything that is wrong, each with its path.
    ///
    /// The other fields mean nothing unless this is empty.
    package var errors: [DataError]

    package init(canonical: DatumObject, endpoints: [Endpoint], errors: [DataError]) {
        (self.canonical, self.endpoints, self.errors) = (canonical, endpoints, errors)
    }
}

/// Stored settings after a look at them with their kind, and what is made of them.
package struct UsableSettings: Sendable {
    package var endpoints: [Endpoint]
    /// Makes the service.
    package var makeService: @Sendable (ServiceContext) async throws -> any Service
    /// Prepares a running service for these settings; see ``ReconfigurableService/reconfiguration(to:)``.
    ///
    /// Nil: it takes none.
    package var reconfiguration: @Sendable (any Service) async throws -> (@Sendable () -> Void)?

    package init(
        endpoints: [Endpoint], makeService: @escaping @Sendable (ServiceContext) async throws -> any Service,
        reconfiguration: @escaping @Sendable (any Service) async throws -> (@Sendable () -> Void)?
    ) {
        (self.endpoints, self.makeService, self.reconfiguration) = (endpoints, makeService, reconfiguration)
    }
}

/// Everything that is wrong with settings, each with its path.
package struct SettingsErrors: Error {
    package var errors: [DataError]

    package init(errors: [DataError]) { self.errors = errors }
}

extension ServiceKind {
    /// Looks at settings that were given as data: what is left out keeps its default.
    ///
    /// Relative paths are taken from `folder`; nil leaves them as they are. Passwords that have a hash in `former`, the
    /// settings as they were stored before, keep it. What only an older version of the kind understands is migrated: a
    /// description need not change on the day the program does.
    package static func check(
        _ given: DatumObject, folder: String? = nil, former: DatumObject? = nil
    ) -> CheckedSettings {
        check(given, folder: PathFolder(folder), former: former)
    }

    /// Looks at settings that were given as data, from one file or several.
    package static func check(
        _ given: DatumObject, folder: PathFolder, former: DatumObject? = nil
    ) -> CheckedSettings {
        let decoder = decoder(folder, former)
        do throws(SettingsErrors) {
            let settings = try settings(given, decoder)
            return try errors(of: given, decoder) { () throws -> CheckedSettings in
                let canonical = try canonical(settings) { key, _ in given[key] != nil }
                return CheckedSettings(canonical: canonical, endpoints: settings.endpoints, errors: [])
            }
        } catch {
            return checkOlder(given, decoder)
                ?? CheckedSettings(canonical: given, endpoints: [], errors: error.errors)
        }
    }

    /// Looks at settings as an older version of the kind took them, the newest that does; nil: none does.
    private static func checkOlder(_ given: DatumObject, _ decoder: DatumDecoder) -> CheckedSettings? {
        for version in (settingsMigration.oldest..<settingsVersion).reversed() {
            do {
                let settings = try settingsMigration.value(
                    of: version, in: .object(given), from: .description(decoder))
                guard settings.allProblems.isEmpty else { continue }
                return CheckedSettings(
                    canonical: try canonical(settings, migratedFrom: given), endpoints: settings.endpoints, errors: [])
            } catch is DataError {
                continue
            } catch {
                let problem = "is written for version \(version) of its kind and can't be migrated: \(error)"
                return CheckedSettings(
                    canonical: given, endpoints: [], errors: [DataError(path: [], problem: problem)])
            }
        }
        return nil
    }

    /// Looks at stored settings, once for all that is made of them.
    package static func use(stored: DatumObject) throws(SettingsErrors) -> UsableSettings {
        let settings = try settings(stored, DatumDecoder())
        return UsableSettings(endpoints: settings.endpoints) {
            try await makeService(settings: settings, context: $0)
        } reconfiguration: { service in
            guard let service = service as? any ReconfigurableService else { return nil }
            return try await reconfiguration(of: service, to: settings)
        }
    }

    private static func reconfiguration<Running: ReconfigurableService>(
        of service: Running, to settings: Settings
    ) async throws -> (@Sendable () -> Void)? {
        guard let settings = settings as? Running.Settings else { return nil }
        return try await service.reconfiguration(to: settings)
    }

    /// Whether a service that runs with stored settings can take others.
    package static func canReconfigure(fromStored old: DatumObject, toStored new: DatumObject) -> Bool {
        guard let old = try? settings(old, DatumDecoder()), let new = try? settings(new, DatumDecoder()) else {
            return false
        }
        return old.endpoints == new.endpoints && canReconfigure(from: old, to: new)
    }

    private static func settings(
        _ given: DatumObject, _ decoder: DatumDecoder
    ) throws(SettingsErrors) -> Settings {
        let settings = try errors(of: given, decoder) {
            let (settings, unknown) = try decoder.decodeNotingUnknownKeys(Settings.self, from: .object(given))
            if let first = unknown.first { throw first }
            return settings
        }
        let problems = problems(of: settings)
        guard problems.isEmpty else { throw SettingsErrors(errors: problems) }
        return settings
    }

    /// Everything that is wrong with settings beyond the types of their values, each with its path.
    package static func problems(of settings: Settings) -> [DataError] {
        let problems = settings.allProblems.map { problem in
            DataError(path: problem.key.split(separator: ".").map { .key(String($0)) }, problem: problem.problem)
        }
        guard !acceptsDatagrams, let endpoint = settings.endpoints.first(where: \.takesDatagrams) else {
            return problems
        }
        return problems + [.refusal(ofDatagrams: endpoint, by: word, in: try? DatumEncoder().encode(settings))]
    }

    /// One thing is wrong: now each key is looked at by itself, so that all that is wrong is known at once.
    private static func errors<Result>(
        of given: DatumObject, _ decoder: DatumDecoder, _ body: () throws -> Result
    ) throws(SettingsErrors) -> Result {
        do {
            return try body()
        } catch {
            let errors = decoder.errors(of: Settings.self, in: given)
            let only = error as? DataError ?? DataError(path: [], problem: "\(error)")
            throw SettingsErrors(errors: errors.isEmpty ? [only] : errors)
        }
    }

    /// Where a service with stored settings listens; nowhere when they can't be read.
    package static func endpoints(stored: DatumObject) -> [Endpoint] {
        let settings = try? DatumDecoder().decode(Settings.self, from: .object(stored))
        return settings?.endpoints ?? []
    }

    /// The settings of a command line as they are stored: what differs from the defaults.
    package static func canonical(_ settings: Settings) throws -> DatumObject {
        let defaults = try DatumEncoder().encode(Settings()).object ?? [:]
        return try canonical(settings) { key, value in defaults[key] != value }
    }

    /// The cell or table that is stored under a name, also under one it had before.
    package static func declaration(of cell: String) -> (any StateDeclaration)? {
        state.first { $0.name == cell } ?? state.first { $0.formerNames.contains(cell) }
    }

    /// The version of the settings that the kind stores.
    package static var settingsVersion: Int { settingsMigration.version }

    /// Stored settings of an older version in the form of the present one.
    ///
    /// Throws ``VersionProblem`` when there is no way from it, and what a step throws.
    package static func migrated(_ stored: DatumObject, from version: Int) throws -> DatumObject {
        guard version != settingsVersion else { return stored }
        return try canonical(settingsMigration.value(of: version, in: .object(stored)), migratedFrom: stored)
    }

    private static func canonical(_ settings: Settings, migratedFrom old: DatumObject) throws -> DatumObject {
        let defaults = try DatumEncoder().encode(Settings()).object ?? [:]
        return try canonical(settings) { key, value in old[key] != nil || defaults[key] != value }
    }

    private static func canonical(_ settings: Settings, isGiven: (String, Datum) -> Bool) throws -> DatumObject {
        let (datum, alwaysStored) = try DatumEncoder().encodeNotingKeys(settings)
        var canonical = DatumObject()
        for (key, value) in datum.object?.members ?? [] where alwaysStored.contains(key) || isGiven(key, value) {
            canonical[key] = value
        }
        return canonical
    }

    private static func decoder(_ folder: PathFolder, _ former: DatumObject?) -> DatumDecoder {
        var known: [CodingUserInfoKey: any Sendable] = [:]
        if let key = PathFolder.key { known[key] = folder }
        if let key = FormerSettings.key, let former { known[key] = former }
        return DatumDecoder(userInfo: known)
    }
}
