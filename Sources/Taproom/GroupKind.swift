import ServiceLifecycle
package import TapData

/// The kind of services of services: they start, stop and restart together.
///
/// Every program knows it, and it has no settings of its own. What runs are the services in a group; what a group does for
/// them is the runner's work.
package struct GroupKind: KnownKind {
    package init() {}

    package var word: String { ServiceDefinition.group }
    package var summary: String { "Services that start, stop and restart together, to any depth." }
    package var formerWords: [String] { [] }
    package var origin: KindOrigin { .builtIn }
    package var settingsVersion: Int { 1 }
    package var state: [any StateDeclaration] { [] }
    package var acceptsDatagrams: Bool { false }

    package func check(_ given: DatumObject, folder: PathFolder, former: DatumObject?) -> CheckedSettings {
        let allowed = ServiceDefinition.reservedKeys.filter { $0 != "state" }
        let errors = given.keys.map { key in
            DataError(
                path: [.key(key)],
                problem: "is not known. A group has no settings.\(suggestion(for: key, among: allowed))")
        }
        return CheckedSettings(canonical: [:], endpoints: [], errors: errors)
    }

    package func use(stored: DatumObject) throws(SettingsErrors) -> UsableSettings {
        let errors = check(stored).errors
        guard errors.isEmpty else { throw SettingsErrors(errors: errors) }
        return UsableSettings(endpoints: []) { _ in
            GroupService()
        } reconfiguration: { _ in
            {}
        }
    }

    package func canReconfigure(fromStored old: DatumObject, toStored new: DatumObject) -> Bool { true }

    package func endpoints(stored: DatumObject) -> [Endpoint] { [] }

    package func migrated(_ stored: DatumObject, from version: Int) throws -> DatumObject {
        guard version == settingsVersion else {
            throw VersionProblem(stored: version, oldest: settingsVersion, known: settingsVersion)
        }
        return stored
    }
}

/// A group by itself: it waits for its end.
private struct GroupService: Service {
    func run() async throws { try await gracefulShutdown() }
}
