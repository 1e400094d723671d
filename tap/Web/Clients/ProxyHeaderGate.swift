import Logging
import NIOCore

/// Waits for the header that tells who the client is, before anything else on a connection, and sets the connection up then.
///
/// A connection that has none, or none in time, is closed without a word: its other end is no client.
final class ProxyHeaderGate: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// How long a header may be under way that was sent before its sender could know of the end.
    private static let grace = TimeAmount.seconds(1)

    private let timeout: TimeAmount
    private let logger: Logger
    private let setUp: (Client) throws -> Void
    private var buffer = ByteBuffer()
    private var timer: Scheduled<Void>?
    private var isQuiescing = false
    private var isOver = false

    /// `setUp` puts the handlers for a client into the pipeline, behind this.
    init(timeout: TimeAmount, logger: Logger, setUp: @escaping (Client) throws -> Void) {
        (self.timeout, self.logger, self.setUp) = (timeout, logger, setUp)
    }

    func handlerAdded(context: ChannelHandlerContext) { arm(timeout, context) }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    private func arm(_ time: TimeAmount, _ context: ChannelHandlerContext) {
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: time) { [self] in
            close("no PROXY header has come in time", context)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        buffer.writeImmutableBuffer(unwrapInboundIn(data))
        switch ProxyHeaderReader.read(buffer) {
        case .incomplete: return
        case .malformed: close("it does not begin with a PROXY header", context)
        case .header(let told, let count):
            buffer.moveReaderIndex(forwardBy: count)
            open(told, context)
        }
    }

    private func open(_ told: ToldClient, _ context: ChannelHandlerContext) {
        timer?.cancel()
        isOver = true
        let own = Client(context.channel)
        let client = told.address.map { Client(address: $0, isSecure: false, port: told.port) } ?? own
        do {
            try setUp(client)
        } catch {
            close("\(error)", context)
            return
        }
        if isQuiescing { context.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
        if buffer.readableBytes > 0 {
            context.fireChannelRead(wrapInboundOut(buffer))
            context.fireChannelReadComplete()
        }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    private func close(_ reason: String, _ context: ChannelHandlerContext) {
        isOver = true
        timer?.cancel()
        logger.debug(
            "connection closed",
            metadata: ["from": "\(context.channel.remoteAddress?.description ?? "?")", "reason": "\(reason)"])
        context.close(promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if !isOver, event is ChannelShouldQuiesceEvent {
            isQuiescing = true
            arm(Self.grace, context)
            return
        }
        if !isOver, case ChannelEvent.inputClosed? = event as? ChannelEvent {
            close("it has ended", context)
            return
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if isOver { context.fireErrorCaught(error) } else { close("\(error)", context) }
    }
}
