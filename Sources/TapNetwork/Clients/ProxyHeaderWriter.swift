package import NIOCore

/// What tells a server behind a proxy who the client is, in front of everything else on a connection
/// (The PROXY protocol, versions 1 & 2, HAProxy Technologies; 2.1 and 2.2).
package enum ProxyHeaderWriter {
    /// The twelve bytes that version 2 begins with.
    private static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]

    /// The header in the form of a version; empty with none.
    ///
    /// `source` is the client: nil when it has no address, or when the connection serves none (version 2 says "local" then).
    /// `destination` is where it has connected to; of another family than the client's or nil, it counts as the unspecified
    /// address with `port`.
    package static func bytes(
        _ version: ProxyHeaderVersion, source: SocketAddress?, destination: SocketAddress?, port: Int?
    ) -> ByteBuffer {
        switch version {
        case .none: ByteBuffer()
        case .v1: first(source, destination, port)
        case .v2: second(source, destination, port)
        }
    }

    private static func first(_ source: SocketAddress?, _ destination: SocketAddress?, _ port: Int?) -> ByteBuffer {
        guard let source, let ip = source.ipAddress, source.family != nil else {
            return ByteBuffer(staticString: "PROXY UNKNOWN\r\n")
        }
        let known = destination?.protocol == source.protocol ? destination : nil
        let isSix = source.family == .six
        let target = known?.ipAddress ?? (isSix ? "::" : "0.0.0.0")
        let ports = "\(source.port ?? 0) \(known?.port ?? port ?? 0)"
        return ByteBuffer(string: "PROXY \(isSix ? "TCP6" : "TCP4") \(ip) \(target) \(ports)\r\n")
    }

    private static func second(_ source: SocketAddress?, _ destination: SocketAddress?, _ port: Int?) -> ByteBuffer {
        var bytes = ByteBuffer(bytes: signature)
        guard let source, let family = source.family else {
            // LOCAL, unspecified, no addresses.
            bytes.writeBytes([0x20, 0x00, 0x00, 0x00])
            return bytes
        }
        let known = destination?.protocol == source.protocol ? destination : nil
        let size = family.addressBytes
        bytes.writeBytes([0x21, family == .four ? 0x11 : 0x21])
        bytes.writeInteger(UInt16(2 * size + 4))
        bytes.writeBytes(source.addressBytes)
        bytes.writeBytes(known?.addressBytes ?? Array(repeating: 0, count: size))
        bytes.writeInteger(UInt16(clamping: source.port ?? 0))
        bytes.writeInteger(UInt16(clamping: known?.port ?? port ?? 0))
        return bytes
    }
}

/// The families that the header knows.
private enum Family {
    case four, six

    var addressBytes: Int { self == .four ? 4 : 16 }
}

extension SocketAddress {
    fileprivate var family: Family? {
        switch self {
        case .v4: .four
        case .v6: .six
        case .unixDomainSocket: nil
        }
    }

    /// The bytes of the address in the order of the network.
    fileprivate var addressBytes: [UInt8] {
        guard let family else { return [] }
        // Behind the family and the port; with version 6 also behind the flow (RFC 3493, 3.3).
        let (offset, count) = (family == .four ? 4 : 8, family.addressBytes)
        return withSockAddr { address, size in
            Array(UnsafeRawBufferPointer(start: address, count: size).dropFirst(offset).prefix(count))
        }
    }
}
