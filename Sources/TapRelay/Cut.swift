import Glibc
import NIOCore

/// Closes a connection past all its handlers, so that the other side sees that its stream was cut: TLS would say a proper end,
/// and so would TCP.
final class Cut: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    /// Cuts a connection.
    static func apply(to channel: any Channel) {
        (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in }
        do {
            try channel.pipeline.syncOperations.addHandler(Cut(), position: .first)
        } catch {
            channel.close(promise: nil)
        }
    }

    func handlerAdded(context: ChannelHandlerContext) { context.close(promise: nil) }
}
