package import NIOCore
package import NIOSSL
import NIOTLS

/// Ends a connection of TLS as RFC 8446, section 6.1, wants it, and keeps nothing of it afterwards.
///
/// Our end is said at once, and that of the stream below with it; the connection is closed when the other side ends too, or when it
/// takes too long. `NIOSSLHandler` would do that by itself, but when the other side ends without a word, as most clients do, its
/// timer goes on and keeps the handler and all of BoringSSL's memory until its time is over: with 5,000 connections a second and two
/// seconds that was 200 MB.
package final class SecureEnd: ChannelDuplexHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundIn = ByteBuffer

    /// How long the other side has to see our end and to say its own.
    private static let patience = TimeAmount.seconds(2)

    private let socket: SocketEnd
    private var timer: Scheduled<Void>?
    private var isSecured = false
    private var isEnding = false
    private var inputIsClosed = false

    private init(_ socket: SocketEnd) { self.socket = socket }

    /// Adds TLS to the end of a pipeline, with an end of this kind behind it.
    ///
    /// Throws what NIO does when the channel is gone.
    package static func add(
        _ tls: NIOSSLHandler, to pipeline: ChannelPipeline.SynchronousOperations
    ) throws {
        let socket = SocketEnd()
        try pipeline.addHandler(socket)
        try pipeline.addHandler(tls)
        try pipeline.addHandler(SecureEnd(socket))
    }

    package func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .all else { return context.close(mode: mode, promise: promise) }
        if let promise { context.channel.closeFuture.cascade(to: promise) }
        guard !isEnding else { return }
        isEnding = true
        // Without a handshake there is nobody who could be told.
        guard isSecured else { return socket.close() }
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: Self.patience) { [socket] in socket.close() }
        let isTold = context.eventLoop.makePromise(of: Void.self)
        isTold.futureResult.assumeIsolated().whenComplete { [self] _ in if inputIsClosed { socket.close() } }
        context.close(mode: .output, promise: isTold)
        context.read()
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !isEnding { context.fireChannelRead(data) }
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        if isEnding { context.read() } else { context.fireChannelReadComplete() }
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted? = event as? TLSUserEvent { isSecured = true }
        if case ChannelEvent.inputClosed? = event as? ChannelEvent {
            inputIsClosed = true
            if isEnding { return socket.close() }
        }
        context.fireUserInboundEventTriggered(event)
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What goes wrong now matters to nobody: an end without a word, most of all.
        if !isEnding { context.fireErrorCaught(error) }
    }

    package func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        context.fireChannelInactive()
    }
}

/// The place between TLS and the socket, from which the socket can be closed without TLS having a say.
private final class SocketEnd: ChannelInboundHandler {
    typealias InboundIn = Any

    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func close() { context?.close(promise: nil) }
}
