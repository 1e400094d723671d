import CoreMetrics
import Logging
public import NIOCore
import NIOPosix
public import ServiceLifecycle
public import Taproom

/// Gives each socket of a service where datagrams come a pipeline: the base of kinds that speak UDP.
///
/// The pipeline reads and writes `AddressedEnvelope<ByteBuffer>`. When the graceful shutdown begins nothing is read any more,
/// NIO's `ChannelShouldQuiesceEvent` is fired through the pipelines, and they are closed with what is on its way sent.
public final class DatagramServer: Service {
    private let service: String
    private let listeners: [Listener]
    private let logger: Logger
    private let initialize: @Sendable (any Channel, Endpoint) throws -> Void

    /// As much as the payload of a datagram of IPv4 can have (RFC 768).
    private static let receiving = FixedSizeRecvByteBufferAllocator(capacity: 65_535)

    /// A server that has not started.
    ///
    /// - Parameters:
    ///   - context: what the service was given; those of its listeners are served that take datagrams.
    ///   - initialize: puts handlers into the pipeline of a socket, on its event loop.
    public init(_ context: ServiceContext, initialize: @escaping @Sendable (any Channel, Endpoint) throws -> Void) {
        service = context.name
        listeners = context.listeners.filter(\.endpoint.takesDatagrams)
        logger = context.logger
        self.initialize = initialize
    }

    /// A server that answers each datagram by itself.
    ///
    /// - Parameters:
    ///   - context: what the service was given; those of its listeners are served that take datagrams.
    ///   - answer: what is sent back for a datagram, on the event loop: it computes and does not wait. Nil: nothing.
    public convenience init(_ context: ServiceContext, answer: @escaping @Sendable (ByteBuffer) -> ByteBuffer?) {
        self.init(context) { channel, _ in
            try channel.pipeline.syncOperations.addHandler(DatagramAnswering(answer))
        }
    }

    /// Serves until the graceful shutdown, which it waits for also when there is no socket to serve.
    public func run() async throws {
        guard !listeners.isEmpty else { return try await gracefulShutdown() }
        let figures = listeners.map { DatagramFigures(service: service, endpoint: $0.endpoint) }
        defer { for figures in figures { figures.destroy() } }
        var open: [any Channel] = []
        for (listener, figures) in zip(listeners, figures) { open.append(try await start(listener, figures)) }
        let channels = open
        await withTaskCancellationOrGracefulShutdownHandler {
            for channel in channels { try? await channel.closeFuture.get() }
        } onCancelOrGracefulShutdown: {
            for channel in channels { self.stop(channel) }
        }
    }

    private func stop(_ channel: any Channel) {
        channel.setOption(.autoRead, value: false).whenComplete { _ in
            channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
            channel.flush()
            channel.close(promise: nil)
        }
    }

    private func start(_ listener: Listener, _ figures: DatagramFigures) async throws -> any Channel {
        let descriptor = try listener.duplicate()
        let (initialize, endpoint, logger) = (initialize, listener.endpoint, logger)
        let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.recvAllocator, value: DatagramServer.receiving)
            // Many clients send at once, and what is answered goes out together.
            .channelOption(.maxMessagesPerRead, value: 16)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(DatagramCounting(figures, logger))
                    try initialize(channel, endpoint)
                }
            }
            .withBoundSocket(descriptor).get()
        logger.debug("taking datagrams", metadata: ["endpoint": "\(listener.endpoint)"])
        return channel
    }
}

/// Counts what comes and goes, and keeps a socket open over errors that belong to one datagram.
private final class DatagramCounting: ChannelDuplexHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private let figures: DatagramFigures
    private let logger: Logger

    init(_ figures: DatagramFigures, _ logger: Logger) { (self.figures, self.logger) = (figures, logger) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        figures.received.increment()
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // Nobody waits for datagrams: what there is no room for is lost, as in the network.
        guard context.channel.isWritable else {
            figures.dropped.increment()
            promise?.fail(ChannelError.operationUnsupported)
            return
        }
        figures.sent.increment()
        context.write(data, promise: promise)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        logger.debug("datagram failed", metadata: ["error": "\(error)"])
    }
}

/// Sends what a closure answers to each datagram.
private final class DatagramAnswering: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private let answer: (ByteBuffer) -> ByteBuffer?

    init(_ answer: @escaping (ByteBuffer) -> ByteBuffer?) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let datagram = unwrapInboundIn(data)
        guard let answer = answer(datagram.data) else { return }
        let envelope = AddressedEnvelope(remoteAddress: datagram.remoteAddress, data: answer)
        context.write(wrapOutboundOut(envelope), promise: nil)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.flush()
        context.fireChannelReadComplete()
    }
}
