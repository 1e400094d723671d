import CTapSystem
import Glibc
package import Taproom

/// Where a service of a test can be reached.
public enum TestAddress: Sendable, Hashable {
    /// A TCP port of an address of this machine.
    case tcp(host: String, port: UInt16)
    /// A UDP port of an address of this machine.
    case udp(host: String, port: UInt16)
    /// A unix socket.
    case unix(path: String)
}

/// A socket in place of that of an endpoint, closed when this goes away.
package final class ListeningSocket: Sendable {
    /// What the service gets.
    package let listener: Listener
    /// Where it really listens.
    package let address: TestAddress
    private let descriptor: CInt

    /// Binds a free port of 127.0.0.1 for any TCP or UDP endpoint or socket of the service manager's, or the unix socket.
    ///
    /// Throws ``SystemCallError``.
    package init(_ endpoint: Endpoint) throws {
        let (family, name): (CInt, SocketName) =
            switch endpoint.address {
            case .tcp, .udp, .systemd: (AF_INET, .loopback(port: 0))
            case .unix(let path, _): (AF_UNIX, .unix(path))
            }
        let type = endpoint.takesDatagrams ? SOCK_DGRAM : SOCK_STREAM
        let descriptor = tap_socket(family, CInt(type.rawValue))
        guard descriptor >= 0 else { throw SystemCallError("make a socket for \(endpoint)") }
        guard name.withPointer({ bind(descriptor, $0, $1) }) == 0,
            endpoint.takesDatagrams || listen(descriptor, 128) == 0
        else {
            let error = SystemCallError("listen on \(endpoint)")
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
        switch endpoint.address {
        case .tcp, .systemd:
            let port = SocketName.port(of: descriptor)
            address = .tcp(host: "127.0.0.1", port: port)
            let bound = Endpoint(.tcp(port: port, interface: "127.0.0.1"), tls: endpoint.tls)
            listener = Listener(endpoint: bound, descriptor: descriptor)
        case .udp:
            let port = SocketName.port(of: descriptor)
            address = .udp(host: "127.0.0.1", port: port)
            listener = Listener(endpoint: Endpoint(.udp(port: port, interface: "127.0.0.1")), descriptor: descriptor)
        case .unix(let path, _):
            address = .unix(path: path)
            listener = Listener(endpoint: endpoint, descriptor: descriptor)
        }
    }

    deinit {
        close(descriptor)
        if case .unix(let path) = address { unlink(path) }
    }
}

/// The name of a socket as the operating system takes it.
enum SocketName {
    case loopback(port: UInt16)
    case unix(String)

    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        switch self {
        case .loopback(let port):
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = port.bigEndian
            name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            return SocketName.withPointer(to: &name, body)
        case .unix(let path):
            var name = sockaddr_un()
            name.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &name.sun_path) { space in
                // The last byte stays zero; endpoints have no longer paths.
                space.copyBytes(from: path.utf8.prefix(space.count - 1))
            }
            return SocketName.withPointer(to: &name, body)
        }
    }

    private static func withPointer<Name, Result>(
        to name: inout Name, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<Name>.size)) }
        }
    }

    static func port(of descriptor: CInt) -> UInt16 {
        var name = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
        }
        return UInt16(bigEndian: name.sin_port)
    }
}
