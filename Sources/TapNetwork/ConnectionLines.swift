public import NIOCore

/// What a client sends, in pieces as they come.
public struct ConnectionPieces: AsyncSequence {
    let inbound: NIOAsyncChannelInboundStream<ByteBuffer>

    /// Reads the pieces one by one.
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator

        /// The next piece; nil: the client has ended its side.
        public mutating func next() async throws -> ByteBuffer? { try await inbound.next() }
    }

    /// Begins to read.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(inbound: inbound.makeAsyncIterator()) }
}

/// What a client sends, line by line.
public struct ConnectionLines: AsyncSequence {
    let inbound: NIOAsyncChannelInboundStream<ByteBuffer>
    let longest: Int

    /// Reads the lines one by one.
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
        fileprivate var cutter: LineCutter

        /// The next line; nil: the client has ended its side.
        public mutating func next() async throws -> String? {
            while true {
                if let line = try cutter.next() { return String(buffer: line) }
                guard let piece = try await inbound.next() else { return cutter.rest().map { String(buffer: $0) } }
                cutter.append(piece)
            }
        }
    }

    /// Begins to read.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(inbound: inbound.makeAsyncIterator(), cutter: LineCutter(longest: longest))
    }
}
