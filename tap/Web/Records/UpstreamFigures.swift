import CoreMetrics
import TapNetwork

/// What the upstreams of a route do, for those who watch it; shown as long as this lives.
final class UpstreamFigures: Sendable {
    private struct Figures {
        let requests: Counter
        let failures: Counter
        let up: Meter
        let open: Meter
    }

    private let upstreams: [Figures]

    init(service: String, route: PlaceName, _ upstreams: [Upstream], _ factory: any MetricsFactory) {
        self.upstreams = upstreams.map { upstream in
            let dimensions = [
                ("service", service), ("route", route.text), ("upstream", upstream.description),
            ]
            let counter = { Counter(label: $0, dimensions: dimensions, factory: factory) }
            let meter = { Meter(label: $0, dimensions: dimensions, factory: factory) }
            let figures = Figures(
                requests: counter("taproom_upstream_requests_total"),
                failures: counter("taproom_upstream_failures_total"), up: meter("taproom_upstream_up"),
                open: meter("taproom_upstream_connections_open"))
            figures.up.set(1)
            return figures
        }
    }

    deinit {
        for figures in upstreams {
            figures.requests.destroy()
            figures.failures.destroy()
            figures.up.destroy()
            figures.open.destroy()
        }
    }

    /// A request goes to an upstream, also one that has gone to another before.
    func chosen(_ index: Int) { upstreams[index].requests.increment() }

    /// An upstream has not answered, or not to the end.
    func failed(_ index: Int) { upstreams[index].failures.increment() }

    /// An upstream is out, or back.
    func changed(_ index: Int, _ change: TargetBoard.Change) { upstreams[index].up.set(change == .back ? 1 : 0) }

    /// There is one connection more to an upstream.
    func opened(_ index: Int) { upstreams[index].open.increment() }

    /// There is one less.
    func closed(_ index: Int) { upstreams[index].open.decrement() }
}
