package import NIOCore

/// What clients are told apart by: an address of IPv4, or the first 64 bits of one of IPv6, for a client has all of those
/// that begin with them (RFC 6177).
///
/// The numbers are made with a secret of this process, so that nobody can choose addresses whose numbers are alike.
package struct ClientKey: Hashable, Sendable {
    /// The number.
    package let value: UInt64

    /// That of a client; nil without an address, as at unix sockets.
    ///
    /// Addresses begin behind the family, the port, and in IPv6 the flow (RFC 3493, 3.3).
    package init?(_ address: SocketAddress?) {
        var hasher = Hasher()
        switch address {
        case .v4(let address):
            var name = address.address
            withUnsafeBytes(of: &name) { hasher.combine($0.loadUnaligned(fromByteOffset: 4, as: UInt32.self)) }
        case .v6(let address):
            var name = address.address
            withUnsafeBytes(of: &name) { name in
                // An address of IPv4 that a socket of IPv6 shows counts as what it is (RFC 4291, 2.5.5.2).
                let isMapped = name[8..<18].allSatisfy { $0 == 0 } && name[18] == 0xFF && name[19] == 0xFF
                if isMapped {
                    hasher.combine(name.loadUnaligned(fromByteOffset: 20, as: UInt32.self))
                } else {
                    hasher.combine(name.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                }
            }
        default: return nil
        }
        value = UInt64(bitPattern: Int64(hasher.finalize()))
    }
}
