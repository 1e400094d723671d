import Logging
import NIOCore
import TapNetwork

/// Gives each client that sends datagrams to a socket a session of its own.
///
/// Used on the event loop of the socket only.
final class DatagramDoor: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private let source: PlanSource
    private var sessions: [SocketAddress: DatagramSession] = [:]
    private var context: ChannelHandlerContext?
    private var isQuiescing = false

    init(_ source: PlanSource) { self.source = source }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        closeAll()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let datagram = unwrapInboundIn(data)
        session(of: datagram.remoteAddress, context)?.send(datagram.data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        for session in sessions.values where session.hasUnsent { session.flush() }
        context.fireChannelReadComplete()
    }

    private func session(of client: SocketAddress, _ context: ChannelHandlerContext) -> DatagramSession? {
        if let session = sessions[client] { return session }
        guard !isQuiescing else { return nil }
        let plan = source.plan
        guard plan.rules.admit(client) else {
            plan.records.refuse(.address, client)
            return nil
        }
        guard sessions.count < plan.settings.datagrams.clients else {
            plan.records.refuse(.limit, client)
            return nil
        }
        guard let index = plan.datagrams.choose(without: 0) else {
            plan.records.refuse(.target, client)
            return nil
        }
        let session = DatagramSession(plan, client, to: index, context.eventLoop, self)
        sessions[client] = session
        session.open()
        return session
    }

    // MARK: What sessions tell

    /// Sends a target's answer to the client.
    func answer(_ bytes: ByteBuffer, to client: SocketAddress) {
        context?.write(wrapOutboundOut(AddressedEnvelope(remoteAddress: client, data: bytes)), promise: nil)
    }

    /// Has answers go out.
    func flush() { context?.flush() }

    /// A session is over; the client's next datagram begins another.
    func ended(_ client: SocketAddress) { sessions[client] = nil }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent {
            isQuiescing = true
            closeAll()
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func closeAll() { for session in Array(sessions.values) { session.close("the service stops") } }
}
