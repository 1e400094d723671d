package import NIOCore

/// The end of a pipe that a program reads from.
///
/// Used on its event loop. What a program does not want to read is thrown away.
package final class PipeWriter: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer

    private let writabilityChanged: () -> Void
    private var context: ChannelHandlerContext?

    /// Whether more is taken at once.
    package var isWritable: Bool { context?.channel.isWritable ?? true }

    /// Is told when the program takes more, or nothing more ever.
    package init(writabilityChanged: @escaping () -> Void) { self.writabilityChanged = writabilityChanged }

    package func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    package func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    package func channelWritabilityChanged(context: ChannelHandlerContext) { writabilityChanged() }

    package func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        writabilityChanged()
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// Gives the program bytes.
    package func write(_ bytes: ByteBuffer) {
        guard bytes.readableBytes > 0 else { return }
        context?.writeAndFlush(NIOAny(bytes), promise: nil)
    }

    /// Says that no more comes, after all that was written.
    package func end() {
        guard let context else { return }
        let promise = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(NIOAny(ByteBuffer()), promise: promise)
        promise.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
    }

    /// Throws away what the program has not read.
    package func close() { context?.close(promise: nil) }
}
