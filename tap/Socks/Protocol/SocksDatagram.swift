import NIOCore

/// A datagram between a client and the server, with where it goes or comes from (RFC 1928, section 7).
struct SocksDatagram: Equatable {
    var destination: Destination
    var payload: ByteBuffer

    /// A datagram.
    init(_ destination: Destination, _ payload: ByteBuffer) {
        (self.destination, self.payload) = (destination, payload)
    }

    /// Reads what a client has sent; nil when it is malformed, or a piece of a larger one, which are not put together here.
    init?(_ bytes: ByteBuffer) {
        var bytes = bytes
        guard bytes.readInteger(as: UInt16.self) == 0, bytes.readInteger(as: UInt8.self) == 0,
            case .found(let destination) = bytes.readDestination()
        else { return nil }
        self.init(destination, bytes)
    }

    /// The bytes a client gets.
    func bytes(_ allocator: ByteBufferAllocator = ByteBufferAllocator()) -> ByteBuffer {
        var buffer = allocator.buffer(capacity: payload.readableBytes + 22)
        buffer.writeInteger(0 as UInt16)
        buffer.writeInteger(0 as UInt8)
        buffer.writeDestination(destination)
        buffer.writeImmutableBuffer(payload)
        return buffer
    }
}
