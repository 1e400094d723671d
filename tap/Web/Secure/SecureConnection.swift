import Logging
import NIOCore
import NIOSSL
import NIOTLS
import TapTLS
import Taproom

/// Leads a new connection through the handshake of TLS, and to the version of HTTP that client and server agree on.
final class SecureConnection: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Any

    private let timeout: TimeAmount
    private var timer: Scheduled<Void>?
    private var isQuiescing = false

    private init(timeout: TimeAmount) { self.timeout = timeout }

    /// Sets a connection up whose first bytes belong to TLS.
    ///
    /// Throws what NIO does when the channel is gone.
    static func initialize(
        _ channel: any Channel, _ responder: Responder, _ endpoint: Endpoint.TLS, _ client: Client
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        let certificates = responder.site.certificates
        if certificates.dependsOnName {
            let bound = NIOLoopBound(responder, eventLoop: channel.eventLoop)
            try pipeline.addHandler(
                ByteToMessageHandler(
                    SNIHandler { result in
                        let name: String? = if case .hostname(let name) = result { name } else { nil }
                        return channel.eventLoop.makeCompletedFuture {
                            guard let context = certificates.context(for: name, endpoint) else {
                                throw ChannelError.inappropriateOperationForState
                            }
                            try add(context, to: channel, bound.value, client)
                        }
                    }))
        } else if let context = certificates.context(for: nil, endpoint) {
            try add(context, to: channel, responder, client)
        } else {
            channel.close(promise: nil)
        }
    }

    private static func add(
        _ context: NIOSSLContext, to channel: any Channel, _ responder: Responder, _ client: Client
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        let limits = responder.site.settings.limits
        let guardian = SecureConnection(timeout: .milliseconds(limits.request.milliseconds))
        let state = NIOLoopBound((responder, guardian), eventLoop: channel.eventLoop)
        try SecureEnd.add(NIOSSLServerHandler(context: context), to: pipeline)
        try pipeline.addHandler(guardian)
        try pipeline.addHandler(
            ApplicationProtocolNegotiationHandler { result, channel in
                channel.eventLoop.makeCompletedFuture {
                    let (responder, guardian) = state.value
                    if case .negotiated("h2") = result {
                        try HTTP2Connection.initialize(channel, responder, client.secured)
                    } else {
                        try channel.pipeline.syncOperations.addHandler(HTTP1Connection(responder, client.secured))
                    }
                    guardian.finish(channel)
                }
            })
    }

    func handlerAdded(context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) { context.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { isQuiescing = true }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Before the handshake is done nobody else closes it.
        if timer != nil { context.close(promise: nil) }
        context.fireErrorCaught(error)
    }

    /// The connection speaks HTTP now; what was said to it before is said again.
    private func finish(_ channel: any Channel) {
        timer?.cancel()
        timer = nil
        if isQuiescing { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
        channel.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
}
