import CTapSystem
import Glibc
import Synchronization
import TapControl
package import Taproom

/// A listening socket that the runner owns.
///
/// It is closed, and a unix socket's file removed, when this goes.
package final class BoundSocket: Sendable {
    /// Where it is bound, with the real port.
    package let endpoint: Endpoint
    package let descriptor: CInt
    private let isOpen = Mutex(true)

    /// Makes, binds and opens a socket.
    ///
    /// Throws ``BindFailure``; nothing is left behind then.
    package init(_ endpoint: Endpoint) throws(BindFailure) {
        switch endpoint.address {
        case .tcp(let port, let interface):
            descriptor = try BoundSocket.tcp(port, interface, endpoint)
            self.endpoint = Endpoint(.tcp(port: BoundSocket.port(of: descriptor) ?? port, interface: interface))
        case .unix(let path, let mode):
            descriptor = try BoundSocket.unix(path, mode ?? 0o660, endpoint)
            self.endpoint = endpoint
        }
    }

    deinit { close() }

    /// The file of a unix socket; nil: it has none.
    package var path: String? {
        if case .unix(let path, _) = endpoint.address { path } else { nil }
    }

    /// Closes the socket and removes its file, now and not when the last reference goes.
    ///
    /// A second time does nothing.
    package func close() {
        let isFirst = isOpen.withLock { isOpen in
            defer { isOpen = false }
            return isOpen
        }
        guard isFirst else { return }
        Glibc.close(descriptor)
        if case .unix(let path, _) = endpoint.address { unlink(path) }
    }

    private static func tcp(_ port: UInt16, _ interface: String?, _ endpoint: Endpoint) throws(BindFailure) -> CInt {
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
        let descriptor = tap_socket(family, CInt(SOCK_STREAM.rawValue))
        guard descriptor >= 0 else { throw BindFailure(endpoint: endpoint, code: errno) }
        if family != AF_UNIX { set(SO_REUSEADDR, of: SOL_SOCKET, to: 1, descriptor) }
        if family == AF_INET6 {
            set(IPV6_V6ONLY, of: CInt(IPPROTO_IPV6), to: endpoint.isOnEveryInterface ? 0 : 1, descriptor)
        }
        let bound = withUnsafeBytes(of: address) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { bind(descriptor, $0.baseAddress, socklen_t(bytes.count)) }
        }
        guard bound == 0, Glibc.listen(descriptor, Listener.backlog) == 0 else {
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

    private static func port(of descriptor: CInt) -> UInt16? {
        var address = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let isKnown = withUnsafeMutableBytes(of: &address) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { getsockname(descriptor, $0.baseAddress, &size) == 0 }
        }
        guard isKnown else { return nil }
        // Both families have the port in the same place, after the family.
        return withUnsafeBytes(of: address) { UInt16(bigEndian: $0.load(fromByteOffset: 2, as: UInt16.self)) }
    }
}

extension Endpoint {
    fileprivate var isOnEveryInterface: Bool {
        if case .tcp(_, nil) = address { true } else { false }
    }
}

/// An endpoint that can't be listened on.
package struct BindFailure: Error, Equatable {
    package var endpoint: Endpoint
    /// errno.
    package var code: CInt
}
