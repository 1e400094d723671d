import NIOCore
import NIOTLS

/// Waits until a connection is encrypted, and reads for that as long.
final class HandshakeGate: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let timeout: TimeAmount
    private var timer: Scheduled<Void>?
    private var promise: EventLoopPromise<any Channel>?
    private var outcome: Result<any Channel, any Error>?

    init(timeout: TimeAmount) { self.timeout = timeout }

    /// The connection once it is encrypted; fails with what is wrong.
    var whenDone: EventLoopFuture<any Channel> {
        get throws {
            guard let promise else { throw ChannelError.ioOnClosedChannel }
            return promise.futureResult
        }
    }

    func handlerAdded(context: ChannelHandlerContext) {
        promise = context.eventLoop.makePromise()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) { [self] in
            finish(.failure(ChannelError.connectTimeout(timeout)))
            context.close(promise: nil)
        }
        if context.channel.isActive { context.read() }
    }

    func handlerRemoved(context: ChannelHandlerContext) { finish(.failure(ChannelError.eof)) }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        context.read()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if outcome == nil { context.read() }
        context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted? = event as? TLSUserEvent {
            finish(.success(context.channel))
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        finish(.failure(error))
        context.fireErrorCaught(error)
    }

    private func finish(_ outcome: Result<any Channel, any Error>) {
        timer?.cancel()
        timer = nil
        guard self.outcome == nil else { return }
        self.outcome = outcome
        promise?.completeWith(outcome)
    }
}
