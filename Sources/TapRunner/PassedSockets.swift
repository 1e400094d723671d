import Glibc
import Synchronization
package import Taproom

/// A listening socket that this process was given at its start.
package struct PassedSocket: Sendable, Equatable {
    /// Its name: of a socket unit, or ``Taproom/Endpoint/socketName`` of one that tapd made.
    package let name: String
    package let descriptor: CInt
    /// Whether the file of a unix socket is removed by whoever closes this socket.
    package let ownsFile: Bool

    package init(name: String, descriptor: CInt, ownsFile: Bool = false) {
        self.name = name
        self.descriptor = descriptor
        self.ownsFile = ownsFile
    }
}

/// The listening sockets that this process was given at its start: by the service manager, or by the program before it.
///
/// Each is given out at most once at a time. What is never taken stays open until ``closeAll(except:)``.
package final class PassedSockets: Sendable {
    /// What is odd about what was handed over, as sentences without a full stop, for a warning.
    package let problems: [String]
    /// The names of all usable sockets, in the order they came.
    package let names: [String]
    private let sockets: [PassedSocket]
    private let byName: [String: [Int]]
    private let byPlace: [SocketPlace: [Int]]
    private let isTaken: Mutex<[Bool]>

    /// Sockets with names.
    ///
    /// They become close-on-exec and non-blocking. What neither listens nor takes datagrams is closed and named in ``problems``.
    package convenience init(_ sockets: [PassedSocket]) { self.init(sockets, problems: []) }

    init(_ given: [PassedSocket], problems: [String]) {
        var (sockets, problems) = ([PassedSocket](), problems)
        var (byName, byPlace) = ([String: [Int]](), [SocketPlace: [Int]]())
        for socket in given {
            switch PassedSockets.look(at: socket.descriptor) {
            case .closed: problems.append("the socket \"\(socket.name)\" (descriptor \(socket.descriptor)) is not open")
            case .unusable(let reason):
                problems.append("the socket \"\(socket.name)\" (descriptor \(socket.descriptor)) \(reason)")
                close(socket.descriptor)
            case .listening(let place):
                byName[socket.name, default: []].append(sockets.count)
                byPlace[place, default: []].append(sockets.count)
                sockets.append(socket)
            }
        }
        self.sockets = sockets
        self.problems = problems
        self.byName = byName
        self.byPlace = byPlace
        names = sockets.map(\.name)
        isTaken = Mutex([Bool](repeating: false, count: sockets.count))
    }

    /// Gives out a socket for an endpoint, or nil when there is none.
    ///
    /// For `systemd:NAME` it is the next unused one of that name, for others one that is bound to the same address. A port of
    /// 0 and a path too long for a socket's address are told by the name that tapd gave.
    package func take(_ endpoint: Endpoint) -> PassedSocket? {
        let candidates = candidates(for: endpoint)
        return isTaken.withLock { isTaken in
            guard let next = candidates.first(where: { !isTaken[$0] }) else { return nil }
            isTaken[next] = true
            return sockets[next]
        }
    }

    private func candidates(for endpoint: Endpoint) -> [Int] {
        let bound = SocketPlace.all(for: endpoint).flatMap { byPlace[$0] ?? [] }
        switch endpoint.address {
        case .tcp(1..., _), .udp(1..., _): return bound
        default: break
        }
        return bound.isEmpty ? byName[endpoint.socketName] ?? [] : bound
    }

    /// Takes a socket back that is not listened on any more: the service manager keeps it, so it can be wanted again.
    func giveBack(_ socket: PassedSocket) {
        guard let index = byName[socket.name]?.first(where: { sockets[$0] == socket }) else { return }
        isTaken.withLock { $0[index] = false }
    }

    /// The sockets that nobody has taken, or that were given back.
    package var remaining: [PassedSocket] {
        isTaken.withLock { isTaken in sockets.indices.filter { !isTaken[$0] }.map { sockets[$0] } }
    }

    /// Closes the sockets that none of some endpoints would take, and answers them.
    ///
    /// To be called before anything is bound, with all endpoints that will be: a socket kept for an endpoint that has become
    /// narrower would be in the way. The files of unix sockets are left: the program before this one may go on after all.
    package func closeAll(except endpoints: [Endpoint]) -> [PassedSocket] {
        let wanted = endpoints.compactMap { take($0) }
        defer { for socket in wanted { giveBack(socket) } }
        let left = isTaken.withLock { isTaken in
            let left = sockets.indices.filter { !isTaken[$0] }
            for index in left { isTaken[index] = true }
            return left.map { sockets[$0] }
        }
        for socket in left { close(socket.descriptor) }
        return left
    }
}
