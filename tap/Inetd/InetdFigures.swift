import CoreMetrics

/// What is started for an entry, for those who watch it; shown as long as this lives.
final class InetdFigures: Sendable {
    private let starts: Counter
    private let refused: Counter
    private let running: Meter

    init(service: String, entry: String, factory: any MetricsFactory) {
        let dimensions = [("service", service), ("entry", entry)]
        starts = Counter(label: "taproom_inetd_starts_total", dimensions: dimensions, factory: factory)
        refused = Counter(label: "taproom_inetd_refused_total", dimensions: dimensions, factory: factory)
        running = Meter(label: "taproom_inetd_programs_running", dimensions: dimensions, factory: factory)
        running.set(0)
    }

    deinit {
        starts.destroy()
        refused.destroy()
        running.destroy()
    }

    /// A program is started, or an internal service begins.
    func noteStart() {
        starts.increment()
        running.increment()
    }

    /// It has ended.
    func noteEnd() { running.decrement() }

    /// A client had its share already.
    func noteRefused() { refused.increment() }
}
