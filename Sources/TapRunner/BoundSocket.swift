import CTapSystem
import Glibc
import Synchronization
import TapControl
package import Taproom

/// A listening socket that the runner owns.
///
/// It is closed when this goes, and a unix socket's file removed if it is ours to remove.
package final class BoundSocket: Sendable {
    /// Where it is bound, with the real port; for a socket of the service manager's where that bound it.
    package let endpoint: Endpoint
    package let descriptor: CInt
    /// Whether closing it removes the file of a unix socket: not when somebody else made it.
    package var ownsFile: Bool { ownership.withLock { $0 } }
    /// What it is called when it is kept or handed over: as it came, or ``Taproom/Endpoint/socketName``.
    package let name: String
    /// Who gets the socket back in the end, because the service manager has it open all the time.
    private let lender: PassedSockets?
    private let isOpen = Mutex(true)
    private let ownership: Mutex<Bool>

    /// Takes the socket that was handed over for an endpoint, or else makes, binds and opens one.
    ///
    /// Throws ``BindFailure``; nothing is left behind then.
    package init(_ endpoint: Endpoint, from passed: PassedSockets? = nil) throws(BindFailure) {
        if let socket = passed?.take(endpoint), let place = SocketPlace(of: socket.descriptor) {
            descriptor = socket.descriptor
            ownership = Mutex(socket.ownsFile)
            name = socket.name
            self.endpoint = endpoint.bound(at: place, socket.descriptor)
            lender = socket.isHeldBySomebodyElse(for: endpoint) ? passed : nil
            // How many may wait is our affair; a socket that refuses this listens all the same.
            if !self.endpoint.takesDatagrams { _ = Glibc.listen(descriptor, Listener.backlog) }
            return
        }
        lender = nil
        name = endpoint.socketName
        switch endpoint.address {
        case .tcp(let port, let interface):
            descriptor = try BoundSocket.port(port, interface, endpoint)
            let real = SocketPlace(of: descriptor)?.port ?? port
            self.endpoint = Endpoint(.tcp(port: real, interface: interface))
            ownership = Mutex(false)
        case .udp(let port, let interface):
            descriptor = try BoundSocket.port(port, interface, endpoint)
            let real = SocketPlace(of: descriptor)?.port ?? port
            self.endpoint = Endpoint(.udp(port: real, interface: interface))
            ownership = Mutex(false)
        case .unix(let path, let mode):
            descriptor = try BoundSocket.unix(path, mode ?? 0o660, endpoint)
            self.endpoint = endpoint
            ownership = Mutex(true)
        case .systemd:
            throw BindFailure(endpoint: endpoint, code: ENOENT, handedOver: passed?.names ?? [])
        }
    }

    deinit { close() }

    /// The file of a unix socket; nil: it has none.
    package var path: String? {
        if case .unix(let path, _) = endpoint.address { path } else { nil }
    }

    /// Closes the socket and removes its file, now and not when the last reference goes.
    ///
    /// A second time does nothing. A socket that the service manager keeps open can be taken again afterwards.
    package func close() {
        guard isFirstEnd else { return }
        if let lender { return lender.giveBack(passed) }
        Glibc.close(descriptor)
        if ownsFile, case .unix(let path, _) = endpoint.address { unlink(path) }
    }

    /// Closes the socket and leaves the file of a unix socket where it is: another process listens there from now on.
    package func release() { if isFirstEnd { Glibc.close(descriptor) } }

    /// Says that the file of a unix socket is this program's to remove from now on.
    package func claimFile() { ownership.withLock { $0 = true } }

    /// The socket as it is handed to the next program, which then owns what this one owns.
    package var passed: PassedSocket { PassedSocket(name: name, descriptor: descriptor, ownsFile: ownsFile) }

    private var isFirstEnd: Bool {
        isOpen.withLock { isOpen in
            defer { isOpen = false }
            return isOpen
        }
    }

    private static func port(_ port: UInt16, _ interface: String?, _ endpoint: Endpoint) throws(BindFailure) -> CInt {
        if let interface {
            var four = sockaddr_in()
            four.sin_family = sa_family_t(AF_INET)
            four.sin_port = port.bigEndian
            if inet_pton(AF_INET, interface, &four.sin_addr) == 1 { return try listen(AF_INET, four, endpoint) }
        }
        var six = sockaddr_in6()
        six.sin6_family = sa_family_t(AF_INET6)
        six.sin6_port = port.bigEndian
        if let interface {
            guard inet_pton(AF_INET6, interface, &six.sin6_addr) == 1 else {
                throw BindFailure(endpoint: endpoint, code: EADDRNOTAVAIL)
            }
            return try listen(AF_INET6, six, endpoint)
        }
        do {
            // One socket for both versions of the protocol.
            return try listen(AF_INET6, six, endpoint)
        } catch  where error.code == EAFNOSUPPORT || error.code == EADDRNOTAVAIL {
            var four = sockaddr_in()
            four.sin_family = sa_family_t(AF_INET)
            four.sin_port = port.bigEndian
            return try listen(AF_INET, four, endpoint)
        }
    }

    private static func listen<Address>(_ family: CInt, _ address: Address, _ endpoint: Endpoint) throws(BindFailure)
        -> CInt
    {
        let type = endpoint.takesDatagrams ? SOCK_DGRAM : SOCK_STREAM
        let descriptor = tap_socket(family, CInt(type.rawValue))
        guard descriptor >= 0 else { throw BindFailure(endpoint: endpoint, code: errno) }
        // Datagram sockets with this option would share a port, and one of them get nothing.
        if family != AF_UNIX, !endpoint.takesDatagrams { set(SO_REUSEADDR, of: SOL_SOCKET, to: 1, descriptor) }
        if family == AF_INET6 {
            set(IPV6_V6ONLY, of: CInt(IPPROTO_IPV6), to: endpoint.isOnEveryInterface ? 0 : 1, descriptor)
        }
        let bound = withUnsafeBytes(of: address) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { bind(descriptor, $0.baseAddress, socklen_t(bytes.count)) }
        }
        guard bound == 0, endpoint.takesDatagrams || Glibc.listen(descriptor, Listener.backlog) == 0 else {
            let code = errno
            Glibc.close(descriptor)
            throw BindFailure(endpoint: endpoint, code: code)
        }
        return descriptor
    }

    private static func set(_ option: CInt, of level: CInt, to value: CInt, _ descriptor: CInt) {
        var value = value
        setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<CInt>.size))
    }

    private static func unix(_ path: String, _ mode: UInt16, _ endpoint: Endpoint) throws(BindFailure) -> CInt {
        let short = SocketAddress(path)
        defer { withExtendedLifetime(short) {} }
        let address = short.unixAddress
        removeIfStale(path, address)
        let old = umask(0o177)
        defer { umask(old) }
        let descriptor = try listen(AF_UNIX, address, endpoint)
        guard chmod(path, mode_t(mode)) == 0 else {
            let code = errno
            Glibc.close(descriptor)
            unlink(path)
            throw BindFailure(endpoint: endpoint, code: code)
        }
        return descriptor
    }

    /// Removes the file of a socket that nobody listens on any more.
    private static func removeIfStale(_ path: String, _ address: sockaddr_un) {
        var file = stat()
        guard lstat(path, &file) == 0, file.st_mode & S_IFMT == S_IFSOCK else { return }
        let probe = tap_socket(AF_UNIX, CInt(SOCK_STREAM.rawValue))
        defer { Glibc.close(probe) }
        let connected = withUnsafeBytes(of: address) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { connect(probe, $0.baseAddress, socklen_t(bytes.count)) }
        }
        if connected < 0, errno == ECONNREFUSED { unlink(path) }
    }
}

extension Endpoint {
    fileprivate var isOnEveryInterface: Bool {
        switch address {
        case .tcp(_, nil), .udp(_, nil): true
        default: false
        }
    }

    /// The endpoint with what is only known of the socket: the port, or all of it.
    fileprivate func bound(at place: SocketPlace, _ descriptor: CInt) -> Endpoint {
        switch address {
        case .tcp(let port, let interface): Endpoint(.tcp(port: place.port ?? port, interface: interface))
        case .udp(let port, let interface): Endpoint(.udp(port: place.port ?? port, interface: interface))
        case .unix: self
        case .systemd: Endpoint(place, of: descriptor)
        }
    }
}

/// An endpoint that can't be listened on.
package struct BindFailure: Error, Equatable {
    package var endpoint: Endpoint
    /// errno.
    package var code: CInt
    /// For a socket that should have been handed over, the names of those that were; nil for all others.
    package var handedOver: [String]?

    package init(endpoint: Endpoint, code: CInt, handedOver: [String]? = nil) {
        self.endpoint = endpoint
        self.code = code
        self.handedOver = handedOver
    }

    /// What was handed over, as the end of a sentence.
    var handedOverText: String {
        let names = Set(handedOver ?? []).sorted().map { "\"\($0)\"" }
        return names.isEmpty ? "none was" : "those that were: \(names.joined(separator: ", "))"
    }
}

extension PassedSocket {
    /// Whether the service manager has the socket open whatever we do, because a socket unit made it.
    fileprivate func isHeldBySomebodyElse(for endpoint: Endpoint) -> Bool {
        if case .systemd = endpoint.address { return true }
        return name != endpoint.socketName
    }
}
