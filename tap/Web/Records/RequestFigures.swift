import CoreMetrics
import Synchronization

/// What a web service answers, for those who watch it: from the start of the process on.
final class RequestFigures: Sendable {
    private let service: String
    private let factory: any MetricsFactory
    private let durations: Timer
    private let hosts = Mutex<[String: HostFigures]>([:])

    init(service: String, factory: any MetricsFactory) {
        (self.service, self.factory) = (service, factory)
        durations = Timer(
            label: "taproom_http_request_duration_seconds", dimensions: [("service", service)], factory: factory)
    }

    /// Those of a host, which settings have named.
    func host(_ name: String) -> HostFigures {
        hosts.withLock { hosts in
            if let known = hosts[name] { return known }
            let new = HostFigures([("service", service), ("host", name)], factory)
            hosts[name] = new
            return new
        }
    }

    /// Notes how long a request took from its head to the end of its answer.
    func answered(nanoseconds: Int64) { durations.recordNanoseconds(nanoseconds) }

    /// Shows the figures no more.
    func destroy() {
        durations.destroy()
        for host in hosts.withLock({ $0.values.map { $0 } }) { host.destroy() }
    }
}

/// What is answered for one host.
final class HostFigures: Sendable {
    private static let classes = ["1xx", "2xx", "3xx", "4xx", "5xx"]

    /// One for each class of status.
    private let requests: [Counter]
    private let bytes: [Counter]

    init(_ dimensions: [(String, String)], _ factory: any MetricsFactory) {
        let counters = { (label: String) in
            HostFigures.classes.map { code in
                Counter(label: label, dimensions: dimensions + [("code", code)], factory: factory)
            }
        }
        requests = counters("taproom_http_requests_total")
        bytes = counters("taproom_http_response_body_bytes_total")
    }

    /// Adds responses of a status.
    func add(_ count: Counters.Count, for status: Int) {
        let index = (100..<600).contains(status) ? status / 100 - 1 : HostFigures.classes.count - 1
        if count.requests != 0 { requests[index].increment(by: count.requests) }
        if count.bytes != 0 { bytes[index].increment(by: count.bytes) }
    }

    fileprivate func destroy() { for counter in requests + bytes { counter.destroy() } }
}
