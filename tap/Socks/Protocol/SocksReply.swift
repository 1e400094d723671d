import NIOCore

/// What became of a request, as the protocol says it (RFC 1928, section 6).
enum SocksReply: UInt8, Sendable, CaseIterable {
    case granted = 0
    case failure = 1
    case notAllowed = 2
    case networkUnreachable = 3
    case hostUnreachable = 4
    case refused = 5
    case expired = 6
    case unknownCommand = 7
    case unknownAddressType = 8

    /// Writes the reply in the form of a version, with the address that it names.
    func write(_ version: SocksVersion, _ address: Destination = .none, to buffer: inout ByteBuffer) {
        switch version {
        case .four, .fourA:
            // Of all that can go wrong these versions have one word for what has to do with the server.
            buffer.writeInteger(0 as UInt8)
            buffer.writeInteger((self == .granted ? 90 : 91) as UInt8)
            buffer.writeInteger(address.port)
            if case .address(let bytes) = address.host, bytes.count == 4 {
                buffer.writeBytes(bytes)
            } else {
                buffer.writeInteger(0 as UInt32)
            }
        case .five:
            buffer.writeInteger(5 as UInt8)
            buffer.writeInteger(rawValue)
            buffer.writeInteger(0 as UInt8)
            buffer.writeDestination(address)
        }
    }
}

extension ByteBuffer {
    /// Writes a destination as version 5 has it: its type, its address or name, its port.
    mutating func writeDestination(_ destination: Destination) {
        switch destination.host {
        case .address(let bytes):
            writeInteger((bytes.count == 4 ? 1 : 4) as UInt8)
            writeBytes(bytes)
        case .name(let name):
            writeInteger(3 as UInt8)
            writeInteger(UInt8(clamping: name.utf8.count))
            writeBytes(name.utf8.prefix(255))
        }
        writeInteger(destination.port)
    }
}
