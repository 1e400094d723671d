import Logging
import NIOCore
import TapNetwork
import TapRelay

/// One connection of a client on its way to a target.
///
/// Used on the event loop of the connection only.
final class ForwardConnection: RelayRecord {
    /// How often what has passed is told, at most, and after how many bytes anyway.
    private static let interval = TimeAmount.seconds(1)
    private static let manyBytes = 8 << 20

    private let plan: ForwardPlan
    private let channel: any Channel
    private let client: SocketAddress?
    /// The port that the client has connected to, by the word of a proxy.
    private let port: Int?
    private var relay: Relay?
    private var tried: UInt64 = 0
    private var target: Int?
    private var isJoined = false
    private var total = (sent: 0, received: 0)
    private var untold = (sent: 0, received: 0)
    private var lastTold = NIODeadline.now()

    init(_ plan: ForwardPlan, _ channel: any Channel, _ told: ToldClient?) {
        (self.plan, self.channel) = (plan, channel)
        client = told?.address ?? channel.remoteAddress
        port = told?.port ?? channel.localAddress?.port
    }

    /// Holds back what the client sends from now on.
    func prepare() throws { relay = try Relay(client: channel, idle: plan.idle, record: self) }

    /// Looks for a target.
    func start() {
        guard let relay, relay.isOpen else { return }
        guard let index = plan.streams.choose(without: tried) else {
            plan.records.refuse(.target, client)
            relay.close()
            return
        }
        tried |= 1 << UInt64(index)
        let target = plan.streams.list[index]
        guard let address = target.relayAddress else { return }
        let greeting = ProxyHeaderWriter.bytes(
            plan.settings.sendProxyProtocol, source: client, destination: channel.localAddress, port: port)
        let security = plan.security(of: target).map { security in { @Sendable in try security.handler() } }
        plan.connector.connect(to: address, on: channel.eventLoop, greeting: greeting, security: security)
            .assumeIsolated().whenComplete { [self] in connected(index, $0) }
    }

    private func connected(_ index: Int, _ result: Result<any Channel, any Error>) {
        switch result {
        case .success(let other):
            plan.streams.succeeded(index)
            guard let relay, relay.isOpen else {
                plan.streams.ended(index)
                other.close(promise: nil)
                return
            }
            target = index
            isJoined = true
            plan.streams.record(index).opened()
            relay.join(other)
        case .failure(let error):
            plan.streams.ended(index)
            plan.streams.failed(index, Connector.reason(of: error))
            start()
        }
    }

    // MARK: What the relay tells

    func passed(_ bytes: Int, from side: RelaySide) {
        if side == .client { untold.sent += bytes } else { untold.received += bytes }
        let now = NIODeadline.now()
        if untold.sent + untold.received >= Self.manyBytes || now - lastTold >= Self.interval { tell(now) }
    }

    func ended(_ ending: RelayEnding) {
        relay = nil
        guard isJoined, let target else { return }
        tell(.now())
        plan.streams.record(target).closed()
        plan.streams.ended(target)
        plan.logger.debug(
            "connection ended",
            metadata: [
                "from": "\(client?.description ?? "a unix socket")", "target": "\(plan.streams.list[target])",
                "sent": "\(total.sent)", "received": "\(total.received)", "reason": "\(ending)",
            ])
    }

    private func tell(_ now: NIODeadline) {
        guard let target, untold.sent > 0 || untold.received > 0 else { return }
        plan.streams.record(target).passed(sent: untold.sent, received: untold.received)
        total = (total.sent + untold.sent, total.received + untold.received)
        (untold, lastTold) = ((0, 0), now)
    }
}
