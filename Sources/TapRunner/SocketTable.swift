import TapData
import Taproom

/// The sockets of services.
///
/// One that is bound stays bound while any service listens there, be it another than before.
struct SocketTable: Sendable {
    private struct Entry: Sendable {
        var service: String
        /// As the settings name it.
        var endpoint: Endpoint
        var socket: BoundSocket
    }

    private var entries: [Entry] = []
    /// The places of a service's sockets among the entries.
    private var places: [String: Range<Int>] = [:]

    /// A table with all endpoints of the services bound: those of this one are kept, some were handed over to this process,
    /// and others are bound anew.
    ///
    /// Throws ``RunnerError``; what was bound for the new table is closed again.
    func binding(
        _ services: [PlannedService], passed: PassedSockets? = nil
    ) throws(RunnerError) -> SocketTable {
        try SocketTable.refuseSharedEndpoints(of: services)
        var kept = KeptSockets(self)
        // A service keeps its own sockets before another can have them.
        let own = services.map { service in service.endpoints.map { kept.take($0, of: service.path) } }
        var table = SocketTable()
        for (service, own) in zip(services, own) {
            let start = table.entries.count
            for (endpoint, own) in zip(service.endpoints, own) {
                let found = own ?? kept.take(endpoint)
                let socket = if let found { found } else { try bind(endpoint, passed, service.path) }
                table.entries.append(Entry(service: service.path, endpoint: endpoint, socket: socket))
            }
            table.places[service.path] = start..<table.entries.count
        }
        return table
    }

    /// Closes every socket that another table does not have.
    ///
    /// At once, and not when the last reference goes: whoever connects is refused from now on.
    func close(except other: SocketTable = SocketTable()) {
        let kept = Set(other.entries.map { ObjectIdentifier($0.socket) })
        for entry in entries where !kept.contains(ObjectIdentifier(entry.socket)) { entry.socket.close() }
    }

    private func bind(
        _ endpoint: Endpoint, _ passed: PassedSockets?, _ service: String
    ) throws(RunnerError) -> BoundSocket {
        do throws(BindFailure) {
            return try BoundSocket(endpoint, from: passed)
        } catch {
            throw .cannotListen(service: service, error)
        }
    }

    /// The sockets of a service, in the order of its endpoints.
    func sockets(of service: PlannedService) -> [BoundSocket] {
        entries[places[service.path] ?? 0..<0].map(\.socket)
    }

    /// The files of the unix sockets.
    var paths: [String] { entries.compactMap(\.socket.path) }

    /// All sockets with the endpoints that the settings name.
    var all: [(endpoint: Endpoint, socket: BoundSocket)] { entries.map { ($0.endpoint, $0.socket) } }

    private static func refuseSharedEndpoints(of services: [PlannedService]) throws(RunnerError) {
        var owners: [Endpoint: String] = [:]
        for service in services {
            for endpoint in service.endpoints where endpoint.isFixed {
                if let other = owners.updateValue(service.path, forKey: endpoint.withoutMode) {
                    throw .sharedEndpoint(endpoint, services: [other, service.path])
                }
            }
        }
    }

    /// The sockets of a table that were not taken into the next one yet.
    private struct KeptSockets {
        private struct Place: Hashable {
            var service: String
            var endpoint: Endpoint
        }

        private var byPlace: [Place: [Int]] = [:]
        private var byEndpoint: [Endpoint: [Int]] = [:]
        private var isTaken: [Bool]
        private let entries: [Entry]

        init(_ table: SocketTable) {
            entries = table.entries
            isTaken = [Bool](repeating: false, count: entries.count)
            // The last of a list is taken first.
            for (index, entry) in entries.enumerated().reversed() {
                byPlace[Place(service: entry.service, endpoint: entry.endpoint), default: []].append(index)
                if !entry.endpoint.isAnyPort { byEndpoint[entry.endpoint, default: []].append(index) }
            }
        }

        /// A socket that the service itself listened on.
        mutating func take(_ endpoint: Endpoint, of service: String) -> BoundSocket? {
            guard let index = byPlace[Place(service: service, endpoint: endpoint)]?.popLast() else { return nil }
            isTaken[index] = true
            return entries[index].socket
        }

        /// A socket that any service listened on.
        mutating func take(_ endpoint: Endpoint) -> BoundSocket? {
            while let index = byEndpoint[endpoint]?.popLast() {
                if isTaken[index] { continue }
                isTaken[index] = true
                return entries[index].socket
            }
            return nil
        }
    }
}

extension Endpoint {
    /// Whether any free port is asked for: each service that does so gets one of its own.
    var isAnyPort: Bool { if case .tcp(0, _) = address { true } else { false } }

    /// Whether there can be one socket for it only.
    fileprivate var isFixed: Bool {
        if case .systemd = address { false } else { !isAnyPort }
    }

    /// The endpoint without what does not tell its place from others.
    fileprivate var withoutMode: Endpoint {
        if case .unix(let path, _) = address { Endpoint(.unix(path: path, mode: nil)) } else { self }
    }
}
