import NIOCore

/// What was found where a destination of version 5 should stand.
enum DestinationReading: Equatable {
    /// A destination, which has been taken from the buffer.
    case found(Destination)
    /// Its beginning; the buffer is as it was.
    case incomplete
    /// A type of addresses that nobody knows.
    case unknownType(UInt8)
    /// A name that nothing can have.
    case badName
}

extension ByteBuffer {
    /// Takes a destination as version 5 has it: its type, its address or name, its port.
    mutating func readDestination() -> DestinationReading {
        guard let type: UInt8 = getInteger(at: readerIndex) else { return .incomplete }
        switch type {
        case 1: return readDestination(offset: 1, count: 4) { .address($0) }
        case 3:
            guard let count: UInt8 = getInteger(at: readerIndex + 1) else { return .incomplete }
            return readDestination(offset: 2, count: Int(count)) { Destination.host(named: $0) }
        case 4: return readDestination(offset: 1, count: 16) { .address($0) }
        default: return .unknownType(type)
        }
    }

    private mutating func readDestination(
        offset: Int, count: Int, _ host: ([UInt8]) -> Destination.Host?
    ) -> DestinationReading {
        guard let bytes = getBytes(at: readerIndex + offset, length: count),
            let port: UInt16 = getInteger(at: readerIndex + offset + count)
        else { return .incomplete }
        guard let host = host(bytes) else { return .badName }
        moveReaderIndex(forwardBy: offset + count + 2)
        return .found(Destination(host: host, port: port))
    }
}
