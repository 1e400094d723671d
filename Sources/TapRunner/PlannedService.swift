import TapData
import Taproom

/// A service that is to run: everything is known and checked, nothing is made yet.
struct PlannedService: Sendable {
    let path: String
    let definition: ServiceDefinition
    let kind: any KnownKind
    let settings: UsableSettings

    var endpoints: [Endpoint] { settings.endpoints }

    /// The enabled services of an application, in the order they start.
    ///
    /// Services of unknown kinds are left out when they are to be kept in quarantine. Throws ``RunnerError`` for the first
    /// that can't run.
    static func all(
        of application: Application, kinds: KindList, quarantine: Bool = false
    ) throws(RunnerError) -> [PlannedService] {
        var planned: [PlannedService] = []
        let active = application.activePaths
        for (path, definition) in application.servicesByPath where active.contains(path) {
            if quarantine, isUnknown(definition, to: kinds) { continue }
            planned.append(try PlannedService(path, definition, kinds: kinds))
        }
        return planned
    }

    /// Whether the program does not know the kind of a service.
    static func isUnknown(_ definition: ServiceDefinition, to kinds: KindList) -> Bool {
        !kinds.knows(definition.kind)
    }

    /// Whether it has tables, whose rows are read beside the thread that writes.
    var hasTables: Bool { kind.state.contains(where: \.isTable) }

    init(_ path: String, _ definition: ServiceDefinition, kinds: KindList) throws(RunnerError) {
        self.path = path
        do throws(UnknownKind) {
            kind = try kinds.kind(definition.kind)
        } catch {
            throw .unknownKind(service: path, error)
        }
        var definition = definition
        do {
            // A rollback can bring settings of an older version back.
            definition.settings = try kind.migrated(definition.settings, from: definition.settingsVersion)
        } catch {
            throw .otherSettings(service: path, problem: "\(error)")
        }
        self.definition = definition
        do throws(SettingsErrors) {
            settings = try kind.use(stored: definition.settings)
        } catch {
            throw .badSettings(service: path, problems: error.errors.map(\.description))
        }
    }
}
