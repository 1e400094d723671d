import TapData
import Taproom

/// A service that is to run: everything is known and checked, nothing is made yet.
struct PlannedService: Sendable {
    let path: String
    let definition: ServiceDefinition
    let kind: any ServiceKind.Type
    let endpoints: [Endpoint]

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
        !definition.isGroup && (try? kinds.kind(definition.kind)) == nil
    }

    private init(_ path: String, _ definition: ServiceDefinition, kinds: KindList) throws(RunnerError) {
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
        let checked = kind.check(definition.settings)
        guard checked.errors.isEmpty else {
            throw .badSettings(service: path, problems: checked.errors.map(\.description))
        }
        endpoints = checked.endpoints
    }
}

/// The sockets of services.
///
/// One that is bound stays bound while a service listens there.
struct SocketTable: Sendable {
    private struct Place: Hashable {
        var service: String
        var endpoint: Endpoint
    }

    private var sockets: [Place: BoundSocket] = [:]

    /// A table with all endpoints of the services bound: those of this one are kept, others are bound anew.
    ///
    /// Throws ``RunnerError/cannotListen(service:_:)``; what was bound for it is closed again.
    func binding(_ services: [PlannedService]) throws(RunnerError) -> SocketTable {
        var table = SocketTable()
        for service in services {
            for endpoint in service.endpoints {
                let place = Place(service: service.path, endpoint: endpoint)
                do throws(BindFailure) {
                    if let kept = sockets[place] {
                        table.sockets[place] = kept
                    } else {
                        table.sockets[place] = try BoundSocket(endpoint)
                    }
                } catch {
                    throw .cannotListen(service: service.path, error)
                }
            }
        }
        return table
    }

    /// The files of the unix sockets.
    var paths: [String] { sockets.values.compactMap(\.path).sorted() }

    /// The sockets of a service, in the order of its endpoints.
    func sockets(of service: PlannedService) -> [BoundSocket] {
        service.endpoints.compactMap { sockets[Place(service: service.path, endpoint: $0)] }
    }
}
