import CoreMetrics
import Taproom

/// What is remembered and shown of one target, whatever the other settings are.
final class TargetRecord: Sendable {
    private let counters: StoredCell<ForwardCounters, AtSnapshots>
    private let slot: Int
    private let connections: Counter
    private let failures: Counter
    private let sent: Counter
    private let received: Counter
    private let open: Meter
    private let up: Meter

    init(
        _ target: ForwardTarget, service: String, _ counters: StoredCell<ForwardCounters, AtSnapshots>,
        _ factory: any MetricsFactory
    ) {
        self.counters = counters
        slot = counters.update { $0.slot(of: target.description) }
        let dimensions = [("service", service), ("target", target.description)]
        let counter = { (label: String, more: [(String, String)]) in
            Counter(label: label, dimensions: dimensions + more, factory: factory)
        }
        connections = counter("taproom_forward_connections_total", [])
        failures = counter("taproom_forward_failures_total", [])
        sent = counter("taproom_forward_bytes_total", [("direction", "sent")])
        received = counter("taproom_forward_bytes_total", [("direction", "received")])
        open = Meter(label: "taproom_forward_connections_open", dimensions: dimensions, factory: factory)
        up = Meter(label: "taproom_forward_target_up", dimensions: dimensions, factory: factory)
        up.set(1)
    }

    /// There is one connection more.
    func opened() {
        connections.increment()
        open.increment()
        add(.init(connections: 1))
    }

    /// There is one connection less.
    func closed() { open.decrement() }

    /// A connection has failed.
    func failed() { failures.increment() }

    /// The target is out, or back.
    func changed(isUp: Bool) { up.set(isUp ? 1 : 0) }

    /// Bytes were passed on.
    func passed(sent: Int, received: Int) {
        if sent > 0 { self.sent.increment(by: Int64(sent)) }
        if received > 0 { self.received.increment(by: Int64(received)) }
        add(.init(sent: Int64(sent), received: Int64(received)))
    }

    private func add(_ count: ForwardCounters.Count) { counters.update { $0.add(count, in: slot) } }

    /// Shows the figures no more.
    func destroy() {
        for counter in [connections, failures, sent, received] { counter.destroy() }
        for meter in [open, up] { meter.destroy() }
    }
}
