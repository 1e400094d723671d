import NIOCore

extension SocketAddress {
    /// The address of IPv4 or IPv6 with these bytes.
    ///
    /// Throws what NIO does for another number of bytes.
    init(bytes: [UInt8], port: UInt16) throws {
        try self.init(packedIPAddress: ByteBuffer(bytes: bytes), port: Int(port))
    }

    /// The bytes of the address, one of IPv4 as four also where it is written as one of IPv6; nil for unix sockets.
    var bytes: [UInt8]? {
        switch self {
        // Addresses begin behind the family, the port, and in IPv6 the flow (RFC 3493, 3.3).
        case .v4(let address): withUnsafeBytes(of: address.address) { Array($0[4..<8]) }
        case .v6(let address): NearAddress.plain(withUnsafeBytes(of: address.address) { Array($0[8..<24]) })
        case .unixDomainSocket: nil
        }
    }

    /// The same as a destination; nil for unix sockets.
    var destination: Destination? {
        bytes.map { Destination(host: .address($0), port: UInt16(truncatingIfNeeded: port ?? 0)) }
    }
}
