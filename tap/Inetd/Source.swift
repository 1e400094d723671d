import Glibc
import NIOCore

/// What clients are told apart by: an address of IPv4, or the first 64 bits of one of IPv6 (RFC 6177).
struct Source: Hashable, Sendable {
    private let bytes: [UInt8]

    /// The other end of a connection; nil at unix sockets.
    init?(peerOf socket: CInt) {
        var name = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let isKnown = withUnsafeMutablePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(socket, $0, &size) == 0 }
        }
        guard isKnown else { return nil }
        self.init(withUnsafeBytes(of: &name) { Array($0) }, family: CInt(name.ss_family))
    }

    /// The address of a client; nil without one.
    init?(_ address: SocketAddress?) {
        switch address {
        case .v4(let address):
            var name = address.address
            self.init(withUnsafeBytes(of: &name) { Array($0) }, family: AF_INET)
        case .v6(let address):
            var name = address.address
            self.init(withUnsafeBytes(of: &name) { Array($0) }, family: AF_INET6)
        default: return nil
        }
    }

    /// Addresses begin behind the family, the port, and in IPv6 the flow (RFC 3493, 3.3).
    private init?(_ name: [UInt8], family: CInt) {
        switch family {
        case AF_INET where name.count >= 8: bytes = Array(name[4..<8])
        case AF_INET6 where name.count >= 24:
            // An address of IPv4 that a socket of IPv6 shows counts as what it is (RFC 4291, 2.5.5.2).
            let isMapped = name[8..<18].allSatisfy { $0 == 0 } && name[18] == 0xFF && name[19] == 0xFF
            bytes = Array(isMapped ? name[20..<24] : name[8..<16])
        default: return nil
        }
    }
}
