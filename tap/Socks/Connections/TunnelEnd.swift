import NIOCore
import TapRelay

/// Ends a tunnel when the service stops: it has some seconds to come to its own end.
final class TunnelEnd: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private static let grace = TimeAmount(SocksServer.grace)

    private let relay: Relay

    init(_ relay: Relay) { self.relay = relay }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent {
            context.eventLoop.assumeIsolated().scheduleTask(in: TunnelEnd.grace) { [relay] in relay.close() }
        }
        context.fireUserInboundEventTriggered(event)
    }
}
