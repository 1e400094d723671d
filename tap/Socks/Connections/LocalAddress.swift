import Glibc
import NIOCore

/// Addresses of this machine that somebody else can reach it at.
enum LocalAddress {
    private static let loopback: [UInt8] = [127, 0, 0, 1]

    /// Where to wait for somebody, at any free port: the address that shall be seen outside if it is of the same family, else
    /// the one that leads to the peer; nil: the one that the client has connected to.
    static func facing(_ peer: [UInt8]?, _ outside: SocketAddress?, _ client: any Channel) -> SocketAddress? {
        let own = client.localAddress?.bytes ?? loopback
        let bytes =
            if let outside = outside?.bytes, outside.count == (peer ?? own).count {
                outside
            } else if let peer {
                leading(to: peer) ?? own
            } else {
                own
            }
        return try? SocketAddress(bytes: bytes, port: 0)
    }

    /// The address that the system would send from; nil when it knows no way.
    private static func leading(to peer: [UInt8]) -> [UInt8]? {
        let descriptor = socket(
            peer.count == 4 ? AF_INET : AF_INET6, CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        // Connecting a socket of datagrams sends nothing; the port does not matter.
        guard let name = try? SocketAddress(bytes: peer, port: 9),
            name.withSockAddr({ connect(descriptor, $0, socklen_t($1)) }) == 0
        else { return nil }
        return bound(descriptor)
    }

    private static func bound(_ descriptor: CInt) -> [UInt8]? {
        var name = [UInt8](repeating: 0, count: 128)
        var size = socklen_t(name.count)
        let code = name.withUnsafeMutableBytes { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { getsockname(descriptor, $0.baseAddress, &size) }
        }
        guard code == 0 else { return nil }
        // Addresses begin behind the family, the port, and in IPv6 the flow (RFC 3493, 3.3).
        let family = name.withUnsafeBytes { $0.load(as: sa_family_t.self) }
        return family == sa_family_t(AF_INET) ? Array(name[4..<8]) : Array(name[8..<24])
    }
}
