package import NIOCore

/// The end of a pipe that a program writes to.
///
/// Used on its event loop.
package final class PipeReader: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer

    private let received: (ByteBuffer) -> Void
    private let ended: () -> Void
    private var context: ChannelHandlerContext?
    private var isOver = false

    /// Whether more is read; what the system holds for us at the end comes nevertheless.
    package var isReading = true {
        didSet { if isReading, !oldValue { context?.read() } }
    }

    /// Takes what comes.
    ///
    /// - Parameters:
    ///   - received: called with each piece.
    ///   - ended: called when no more comes, and not after ``close()``.
    package init(received: @escaping (ByteBuffer) -> Void, ended: @escaping () -> Void) {
        (self.received, self.ended) = (received, ended)
    }

    package func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    package func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    package func channelActive(context: ChannelHandlerContext) { if isReading { context.read() } }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !isOver { received(PipeReader.unwrapInboundIn(data)) }
    }

    package func channelReadComplete(context: ChannelHandlerContext) { if isReading { context.read() } }

    package func channelInactive(context: ChannelHandlerContext) {
        guard !isOver else { return }
        isOver = true
        ended()
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// Reads no more.
    package func close() {
        isOver = true
        context?.close(promise: nil)
    }
}
