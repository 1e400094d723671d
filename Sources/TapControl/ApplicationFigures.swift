import Glibc
package import TapFile
package import TapMetrics
import Taproom

/// What an application that runs says about itself when its metrics are asked for.
///
/// One source of a ``MetricsRegistry`` each, so that one that does not answer hides no other.
package struct ApplicationFigures: Sendable {
    private let application: any ControlledApplication
    private let storage: @Sendable () async -> WriterCondition
    private let loops: EventLoopProbe
    private let start = ContinuousClock.now

    /// The figures of an application that starts now.
    ///
    /// - Parameters:
    ///   - application: its status says what runs.
    ///   - loops: the event loops it is served on.
    ///   - storage: how its tap is.
    package init(
        _ application: any ControlledApplication, loops: EventLoopProbe,
        storage: @escaping @Sendable () async -> WriterCondition
    ) {
        self.application = application
        self.storage = storage
        self.loops = loops
    }

    /// Has the figures shown.
    package func add(to registry: MetricsRegistry) {
        for (name, help) in ApplicationFigures.eventHelp { registry.describe(name, help) }
        registry.addSource { loopFamilies(await loops.delays()) }
        registry.addSource { storageFamilies(await storage()) }
        registry.addSource {
            guard let status = try? await application.status() else { return [] }
            return statusFamilies(status) + fileFamilies(status.tap)
        }
    }

    /// What is counted where it happens, in modules that only know swift-metrics.
    private static let eventHelp = [
        "taproom_commit_seconds": "How long the disk took to store a change, in seconds.",
        "taproom_commit_failures_total": "Changes that the disk did not take.",
        "taproom_connections_accepted_total": "Connections that were accepted.",
        "taproom_connections_open": "Connections that are open.",
        "taproom_accept_pauses_total": "How often accepting stopped: at the limit of connections, or after an error.",
        "taproom_http_requests_total": "Requests that were answered, by host and class of status.",
        "taproom_http_response_body_bytes_total": "Bytes of bodies that were sent, by host and class of status.",
        "taproom_http_request_duration_seconds":
            "How long requests took, from their heads to the ends of their answers.",
        "taproom_upstream_requests_total": "Requests that were passed on to an upstream, each time one was.",
        "taproom_upstream_failures_total": "Requests that an upstream has not answered, or not to the end.",
        "taproom_upstream_up": "1: the upstream gets requests; 0: it is out.",
        "taproom_upstream_connections_open": "Connections to an upstream that are open now.",
    ]

    private func loopFamilies(_ delays: [Duration]) -> [MetricFamily] {
        [
            MetricFamily(
                "taproom_event_loop_delay_seconds", .gauge,
                "How long an event loop took just now to do something new, in seconds.",
                delays.enumerated().map { MetricSample($1 / .seconds(1), MetricLabel("loop", String($0))) })
        ]
    }

    private func storageFamilies(_ condition: WriterCondition) -> [MetricFamily] {
        [
            MetricFamily(
                "taproom_writer_queue", .gauge, "How many changes wait for the thread of the tap.",
                value: Double(condition.waiting)),
            MetricFamily(
                "taproom_loss_window_seconds", .gauge,
                "For how many seconds there have been changes that a crash would lose.",
                [
                    MetricSample(condition.promisedLossWindow, MetricLabel("durability", "everySecond")),
                    MetricSample(condition.snapshotLossWindow, MetricLabel("durability", "snapshot")),
                ]),
            MetricFamily(
                "taproom_last_commit_success", .gauge, "Whether the last change that was stored is on the disk.",
                value: condition.failure == nil ? 1 : 0),
        ]
    }

    private func statusFamilies(_ status: StatusReport) -> [MetricFamily] {
        [
            MetricFamily(
                "taproom_info", .gauge, "Which program runs which application.",
                [
                    MetricSample(
                        1, MetricLabel("application", status.name), MetricLabel("version", ProgramVersion.text))
                ]),
            MetricFamily(
                "taproom_uptime_seconds", .gauge, "For how long the application has been running, in seconds.",
                value: (ContinuousClock.now - start) / .seconds(1)),
            MetricFamily("taproom_revision", .gauge, "The active revision.", value: Double(status.revision)),
            MetricFamily(
                "taproom_last_durable_revision", .gauge, "The newest revision that is on the disk.",
                value: Double(status.durable.revision)),
            MetricFamily(
                "taproom_service_up", .gauge, "Whether a service runs.",
                status.services.map {
                    MetricSample(
                        $0.state == .running ? 1 : 0, MetricLabel("kind", $0.kind), MetricLabel("service", $0.name))
                }),
            MetricFamily(
                "taproom_service_restarts_total", .counter, "How often a service was started again after it had ended.",
                status.services.map { MetricSample(Double($0.restarts), MetricLabel("service", $0.name)) }),
        ]
    }

    /// Nothing in memory, and nothing when the tap can't be reached by its path any more, as after a change of the root.
    private func fileFamilies(_ tap: String?) -> [MetricFamily] {
        guard let tap, let bytes = size(of: tap) else { return [] }
        return [
            MetricFamily("taproom_tap_bytes", .gauge, "The size of the tap, in bytes.", value: bytes),
            MetricFamily(
                "taproom_wal_bytes", .gauge, "The size of the log beside the tap, in bytes.",
                value: size(of: tap + "-wal") ?? 0),
        ]
    }

    private func size(of path: String) -> Double? {
        var entry = stat()
        return stat(path, &entry) == 0 ? Double(entry.st_size) : nil
    }
}
