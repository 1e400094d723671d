import Logging
import NIOCore
import TapNetwork
import TapRelay

/// What is decided and noted about one connection of a client, whoever passes it on.
///
/// Used on the thread of the connection only.
final class ForwardTrip {
    let plan: ForwardPlan
    /// Where the client connects from; a unix socket too.
    let client: SocketAddress?
    private var tried: UInt64 = 0
    private var target: Int?
    private var isJoined = false
    private var tally = RelayTally()

    init(_ plan: ForwardPlan, _ client: SocketAddress?) { (self.plan, self.client) = (plan, client) }

    /// Chooses a target that was not tried yet; nil: nobody takes the connection, which is noted.
    func next() -> Int? {
        guard let index = plan.streams.choose(without: tried) else {
            plan.records.refuse(.target, client)
            return nil
        }
        tried |= 1 << UInt64(index)
        target = index
        return index
    }

    /// What is sent to a target before everything else.
    ///
    /// `destination` is where the client has connected to, and `port` its port by the word of a proxy.
    func greeting(destination: SocketAddress?, port: Int?) -> ByteBuffer {
        var destination = destination
        if let port { destination?.port = port }
        return ProxyHeaderWriter.bytes(
            plan.settings.sendProxyProtocol, source: client.ip, destination: destination, port: destination?.port)
    }

    /// The target that was chosen last does not take the connection.
    func failed(_ reason: String) {
        guard let target else { return }
        self.target = nil
        plan.streams.ended(target)
        plan.streams.failed(target, reason)
    }

    /// The target that was chosen last has taken the connection.
    func connected() {
        guard let target else { return }
        isJoined = true
        // The connection to the target takes a file too.
        ConnectionBudget.process.take()
        plan.streams.succeeded(target)
        plan.streams.record(target).opened()
    }

    /// Bytes have come from one side.
    func passed(_ bytes: Int, from side: RelaySide) {
        if let passed = tally.add(bytes, from: side) { tell(passed) }
    }

    /// The connection is over.
    func ended(_ ending: RelayEnding) {
        guard let target else { return }
        plan.streams.ended(target)
        defer { self.target = nil }
        guard isJoined else { return }
        ConnectionBudget.process.giveBack()
        tell(tally.takeRest())
        plan.streams.record(target).closed()
        plan.logger.debug(
            "connection ended",
            metadata: [
                "from": "\(client.ip?.description ?? "a unix socket")", "target": "\(plan.streams.list[target])",
                "sent": "\(tally.total.sent)", "received": "\(tally.total.received)", "reason": "\(ending)",
            ])
    }

    private func tell(_ bytes: RelayTally.Bytes) {
        guard let target else { return }
        plan.streams.record(target).passed(sent: bytes.sent, received: bytes.received)
    }
}
