package import Logging
package import NIOCore

/// Waits for the header that tells who the client is, before anything else on a connection, and sets the connection up then.
///
/// A connection that has none, or none in time, is closed without a word: its other end is no client.
package final class ProxyHeaderGate: ChannelInboundHandler, RemovableChannelHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer

    /// How long a header may be under way that was sent before its sender could know of the end.
    private static let grace = TimeAmount.seconds(1)

    private let timeout: TimeAmount
    private let logger: Logger
    private let setUp: (ToldClient) throws -> Void
    private var buffer = ByteBuffer()
    private var timer: Scheduled<Void>?
    private var isQuiescing = false
    private var isOver = false

    /// Waits for a limited time; `setUp` puts the handlers for a client into the pipeline, behind this.
    package init(timeout: TimeAmount, logger: Logger, setUp: @escaping (ToldClient) throws -> Void) {
        (self.timeout, self.logger, self.setUp) = (timeout, logger, setUp)
    }

    package func handlerAdded(context: ChannelHandlerContext) { arm(timeout, context) }

    package func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    private func arm(_ time: TimeAmount, _ context: ChannelHandlerContext) {
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: time) { [self] in
            close("no PROXY header has come in time", context)
        }
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
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
        do {
            try setUp(told)
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

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
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

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if isOver { context.fireErrorCaught(error) } else { close("\(error)", context) }
    }
}
