import NIOCore
import TapNetwork
import TapRelay

/// One connection of a client on its way to a target, on an event loop: for what is encrypted on either side, and for clients
/// of whom a proxy tells.
final class ForwardConnection: RelayRecord {
    private let trip: ForwardTrip
    private let channel: any Channel
    /// The port that the client has connected to, by the word of a proxy.
    private let port: Int?
    private var relay: Relay?

    init(_ plan: ForwardPlan, _ channel: any Channel, _ told: ToldClient?) {
        (self.channel, port) = (channel, told?.port)
        trip = ForwardTrip(plan, told?.address ?? channel.remoteAddress)
    }

    /// Holds back what the client sends from now on.
    func prepare() throws { relay = try Relay(client: channel, idle: trip.plan.idle, record: self) }

    /// Looks for a target.
    func start() {
        guard let relay, relay.isOpen else { return }
        guard let index = trip.next() else { return relay.close() }
        let plan = trip.plan
        let target = plan.streams.list[index]
        guard let address = target.relayAddress else { return relay.close() }
        let security = plan.security(of: target).map { security in { @Sendable in try security.handler() } }
        plan.connector.connect(
            to: address, on: channel.eventLoop,
            greeting: trip.greeting(destination: channel.localAddress, port: port), security: security
        ).assumeIsolated().whenComplete { [self] in connected($0) }
    }

    private func connected(_ result: Result<any Channel, any Error>) {
        switch result {
        case .success(let other):
            guard let relay, relay.isOpen else {
                other.close(promise: nil)
                return trip.ended(.closed)
            }
            trip.connected()
            relay.join(other)
        case .failure(let error) where Connector.isOwnFault(error):
            trip.ended(.closed)
            relay?.close()
        case .failure(let error):
            trip.failed(Connector.reason(of: error))
            start()
        }
    }

    func passed(_ bytes: Int, from side: RelaySide) { trip.passed(bytes, from: side) }

    func ended(_ ending: RelayEnding) {
        let isJoined = relay?.hasJoined ?? false
        relay = nil
        // While a connection to a target is under way the trip goes on until that is made, or not.
        if isJoined { trip.ended(ending) }
    }
}
