import Logging
public import NIOCore
public import ServiceLifecycle
public import Taproom

/// Runs a closure for each connection: the shortest way to a service of one's own.
///
///     ConnectionServer(context) { connection in
///         try await connection.write("hello\n")
///     }
///
/// The connection ends when the closure returns or throws. On a graceful shutdown no more connections are accepted, and
/// those that are open are waited for.
public struct ConnectionServer: Service {
    private let server: ChannelServer

    /// What is read at once: as much as the last times, and 64 KiB at most.
    private static let receiving = AdaptiveRecvByteBufferAllocator(minimum: 64, initial: 2048, maximum: 64 << 10)
    /// How much may wait to be sent before the closure waits too.
    private static let sending = ChannelOptions.Types.WriteBufferWaterMark(low: 32 << 10, high: 64 << 10)
    /// How many pieces are read ahead of the closure.
    private static let readingAhead = NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark(
        lowWatermark: 1, highWatermark: 2)

    /// A server for all listeners of the context.
    ///
    /// - Parameters:
    ///   - context: what the service was given.
    ///   - connectionLimit: how many clients are served at once; the others wait. Nil: as many as the process can.
    ///   - serve: serves one connection.
    public init(
        _ context: ServiceContext, connectionLimit: Int? = nil,
        serve: @escaping @Sendable (Connection) async throws -> Void
    ) {
        let logger = context.logger
        server = ChannelServer(context, connectionLimit: connectionLimit) { channel, _ in
            channel.eventLoop.makeCompletedFuture {
                try channel.syncOptions?.setOption(.recvAllocator, value: ConnectionServer.receiving)
                try channel.syncOptions?.setOption(.writeBufferWaterMark, value: ConnectionServer.sending)
                let stream = try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                    wrappingChannelSynchronously: channel,
                    configuration: .init(backPressureStrategy: ConnectionServer.readingAhead))
                let start = StartWhenActive {
                    Task {
                        do {
                            try await stream.executeThenClose { inbound, outbound in
                                try await serve(Connection(inbound: inbound, outbound: outbound))
                            }
                        } catch {
                            logger.debug("connection failed", metadata: ["error": "\(error)"])
                        }
                    }
                }
                try channel.pipeline.syncOperations.addHandler(start, position: .first)
            }
        }
    }

    /// Serves until the graceful shutdown, and then until the last connection is closed.
    public func run() async throws { try await server.run() }
}

/// Starts what serves a connection as soon as the connection can be written to.
///
/// While a pipeline is being set up it can't: what is written then is lost, and the client sees an early end.
private final class StartWhenActive: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let start: () -> Void

    init(_ start: @escaping () -> Void) { self.start = start }

    func channelActive(context: ChannelHandlerContext) {
        start()
        context.fireChannelActive()
    }
}

/// One connection of a client.
public struct Connection: Sendable {
    private let inbound: NIOAsyncChannelInboundStream<ByteBuffer>
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>

    init(inbound: NIOAsyncChannelInboundStream<ByteBuffer>, outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>) {
        self.inbound = inbound
        self.outbound = outbound
    }

    /// Sends text, and returns when there is room for more.
    ///
    /// Throws when the client is gone.
    public func write(_ text: String) async throws { try await write(ByteBuffer(string: text)) }

    /// Sends bytes, and returns when there is room for more.
    ///
    /// Throws when the client is gone.
    public func write(_ bytes: ByteBuffer) async throws { try await outbound.write(bytes) }

    /// What the client sends, in pieces as they come; it ends when the client ends its side.
    ///
    /// No more is read than is asked for, but for two pieces. It can be read once, by this or by ``lines(longest:)``.
    public var pieces: ConnectionPieces { ConnectionPieces(inbound: inbound) }

    /// What the client sends, line by line, without their ends, CR and LF or LF alone.
    ///
    /// It can be read once. Reading throws ``LineTooLong`` when a line has more bytes than `longest`. Bytes that are no UTF-8
    /// become the replacement character.
    public func lines(longest: Int = 8192) -> ConnectionLines { ConnectionLines(inbound: inbound, longest: longest) }
}
