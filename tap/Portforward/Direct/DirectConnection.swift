import NIOCore
import TapNetwork
import TapRelay
import TapSplice
import Taproom

/// One connection of a client on its way to a target, without anything between the two sockets.
final class DirectConnection: SpliceClient {
    private let trip: ForwardTrip
    private let socket: CInt
    private let clients: ClientConnections?
    private let key: ClientKey?

    /// A connection of a client that counts as one of the client's in `clients`, if need be.
    init(
        _ plan: ForwardPlan, _ socket: CInt, _ client: SocketAddress?, _ clients: ClientConnections?, _ key: ClientKey?
    ) {
        (self.socket, self.clients, self.key) = (socket, clients, key)
        trip = ForwardTrip(plan, client)
    }

    func nextTarget() -> SpliceTarget? {
        guard let index = trip.next() else { return nil }
        let names = trip.plan.addresses.names(index)
        guard trip.plan.settings.sendProxyProtocol != .none else { return SpliceTarget(names) }
        let greeting = trip.greeting(destination: SocketName.own(socket).flatMap(SocketAddress.init), port: nil)
        return SpliceTarget(names, greeting: Array(greeting.readableBytesView))
    }

    func targetFailed(_ code: CInt) { trip.failed(SystemCallError("connect", code: code).reason) }

    func targetConnected() { trip.connected() }

    func passed(_ bytes: Int, from side: RelaySide) { trip.passed(bytes, from: side) }

    func ended(_ ending: RelayEnding) {
        trip.ended(ending)
        if let clients, let key { clients.giveBack(key) }
    }
}
