import TapData
import Taproom

/// The sockets of services.
///
/// One that is bound stays bound while any service listens there, be it another than before.
struct SocketTable: Sendable {
    private struct Entry: Sendable {
        /// As the settings name it.
        var endpoint: Endpoint
        var socket: BoundSocket
    }

    private var entries: [String: [Entry]] = [:]
    /// Whose an endpoint is that there can be one socket for only.
    private var owners: [Endpoint: String] = [:]

    /// A table with all endpoints of the services bound: some were handed over to this process, and others are bound anew.
    ///
    /// Throws ``RunnerError``; what was bound for the new table is closed again.
    func binding(_ services: [PlannedService], passed: PassedSockets? = nil) throws(RunnerError) -> SocketTable {
        try changing([], to: services, passed: passed)
    }

    /// This table with other endpoints for some services: sockets that the services have are kept, and given to others of
    /// them that listen there.
    ///
    /// - Parameters:
    ///   - former: the paths of the services that give up what they have.
    ///   - services: those that get sockets.
    ///   - formerPaths: what services that are renamed were called.
    ///   - passed: what was handed over to this process.
    /// - Returns: the table.
    /// - Throws: ``RunnerError``; what was bound for the new table is closed again.
    func changing(
        _ former: Set<String>, to services: [PlannedService], formerPaths: [String: String] = [:],
        passed: PassedSockets? = nil
    ) throws(RunnerError) -> SocketTable {
        var table = self
        var released: [String: [Entry]] = [:]
        for path in former.union(services.map(\.path)) {
            guard let entries = table.entries.removeValue(forKey: path) else { continue }
            released[path] = entries
            for entry in entries { table.owners[entry.endpoint.withoutMode] = nil }
        }
        try table.own(services)
        var kept = KeptSockets(released)
        // A service keeps its own sockets before another can have them.
        let own = services.map { service in
            service.endpoints.map { kept.take($0.plain, of: formerPaths[service.path] ?? service.path) }
        }
        for (service, own) in zip(services, own) {
            var entries: [Entry] = []
            for (endpoint, own) in zip(service.endpoints, own) {
                let found = own ?? kept.take(endpoint.plain)
                let socket = if let found { found } else { try bind(endpoint.plain, passed, service) }
                entries.append(Entry(endpoint: endpoint, socket: socket))
            }
            if !entries.isEmpty { table.entries[service.path] = entries }
        }
        return table
    }

    /// Closes every socket that some services have and another table does not.
    ///
    /// At once, and not when the last reference goes: whoever connects is refused from now on.
    func close(_ paths: Set<String>, except other: SocketTable) {
        let kept = Set(paths.flatMap { other.entries[$0] ?? [] }.map { ObjectIdentifier($0.socket) })
        for entry in paths.flatMap({ entries[$0] ?? [] }) where !kept.contains(ObjectIdentifier(entry.socket)) {
            entry.socket.close()
        }
    }

    /// Closes every socket.
    func close() { for (_, socket) in all { socket.close() } }

    private func bind(
        _ endpoint: Endpoint, _ passed: PassedSockets?, _ service: PlannedService
    ) throws(RunnerError) -> BoundSocket {
        let socket: BoundSocket
        do throws(BindFailure) {
            socket = try BoundSocket(endpoint, from: passed)
        } catch {
            throw .cannotListen(service: service.path, error)
        }
        guard !socket.endpoint.takesDatagrams || service.kind.acceptsDatagrams else {
            throw .takesDatagrams(service: service.path, endpoint)
        }
        return socket
    }

    /// Where a service listens, in the order of its endpoints.
    func listening(of service: PlannedService) -> [ListeningSocket] {
        (entries[service.path] ?? []).map {
            ListeningSocket(endpoint: Endpoint($0.socket.endpoint.address, tls: $0.endpoint.tls), socket: $0.socket)
        }
    }

    /// The files of the unix sockets.
    var paths: [String] { all.compactMap(\.socket.path) }

    /// The sockets of services, in their order.
    ///
    /// Who takes them over gives those with any port to its services in the same order.
    func sockets(ofServices paths: [String]) -> [BoundSocket] { paths.flatMap { entries[$0] ?? [] }.map(\.socket) }

    /// All sockets with the endpoints that the settings name.
    var all: [(endpoint: Endpoint, socket: BoundSocket)] {
        entries.sorted { $0.key < $1.key }.flatMap { $0.value.map { ($0.endpoint, $0.socket) } }
    }

    private mutating func own(_ services: [PlannedService]) throws(RunnerError) {
        for service in services {
            for endpoint in service.endpoints where endpoint.isFixed {
                if let other = owners.updateValue(service.path, forKey: endpoint.withoutMode) {
                    throw .sharedEndpoint(endpoint, services: [other, service.path])
                }
            }
        }
    }

    /// The sockets that were given up and not taken again yet.
    private struct KeptSockets {
        private struct Place: Hashable {
            var service: String
            var endpoint: Endpoint
        }

        private var byPlace: [Place: [Int]] = [:]
        private var byEndpoint: [Endpoint: [Int]] = [:]
        private var isTaken: [Bool]
        private let entries: [Entry]

        init(_ released: [String: [Entry]]) {
            let all = released.flatMap { service, entries in entries.map { (service: service, entry: $0) } }
            entries = all.map(\.entry)
            isTaken = [Bool](repeating: false, count: all.count)
            // The last of a list is taken first.
            for (index, (service, entry)) in all.enumerated().reversed() {
                byPlace[Place(service: service, endpoint: entry.endpoint.plain), default: []].append(index)
                if !entry.endpoint.isAnyPort { byEndpoint[entry.endpoint.plain, default: []].append(index) }
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

/// A socket with what is said on it.
struct ListeningSocket {
    /// Where it is bound really, and how connections are encrypted.
    let endpoint: Endpoint
    let socket: BoundSocket
}

extension Endpoint {
    /// Whether any free port is asked for: each service that does so gets one of its own.
    var isAnyPort: Bool {
        switch address {
        case .tcp(0, _), .udp(0, _): true
        default: false
        }
    }

    /// Whether there can be one socket for it only.
    fileprivate var isFixed: Bool {
        if case .systemd = address { false } else { !isAnyPort }
    }

    /// The endpoint without what does not tell its place from others.
    fileprivate var withoutMode: Endpoint {
        if case .unix(let path, _) = address { Endpoint(.unix(path: path, mode: nil)) } else { plain }
    }
}
