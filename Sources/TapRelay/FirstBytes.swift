import NIOCore

/// Sends some bytes before everything else, also before the encryption.
final class FirstBytes: ChannelDuplexHandler {
    typealias InboundIn = NIOAny
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var bytes: ByteBuffer?

    init(_ bytes: ByteBuffer) { self.bytes = bytes }

    func channelActive(context: ChannelHandlerContext) {
        sendFirst(context)
        context.flush()
        context.fireChannelActive()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // Who connects can write before the connection is told to be active.
        sendFirst(context)
        context.write(data, promise: promise)
    }

    private func sendFirst(_ context: ChannelHandlerContext) {
        guard let bytes else { return }
        self.bytes = nil
        context.write(wrapOutboundOut(bytes), promise: nil)
    }
}
