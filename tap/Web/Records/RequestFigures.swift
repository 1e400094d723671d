import CoreMetrics

/// What a web service answers, for those who watch it: the counters of its state, from the start of the process on.
struct RequestFigures: Sendable {
    private let requests: [ByStatus]
    private let bytes: [ByStatus]

    private struct ByStatus: Sendable {
        let amount: @Sendable (Counters.ByStatus) -> Int64
        let counter: Counter

        func add(_ counted: Counters.ByStatus) {
            let amount = amount(counted)
            if amount != 0 { counter.increment(by: amount) }
        }
    }

    init(service: String, factory: any MetricsFactory) {
        let counters = { (label: String) in
            let ways: [(String, @Sendable (Counters.ByStatus) -> Int64)] = [
                ("1xx", { $0.informational }), ("2xx", { $0.successful }), ("3xx", { $0.redirected }),
                ("4xx", { $0.refused }), ("5xx", { $0.failed }),
            ]
            return ways.map { code, amount in
                ByStatus(
                    amount: amount,
                    counter: Counter(
                        label: label, dimensions: [("service", service), ("code", code)], factory: factory))
            }
        }
        requests = counters("taproom_http_requests_total")
        bytes = counters("taproom_http_response_body_bytes_total")
    }

    /// Adds what has happened since the last time.
    func add(_ counted: Counters) {
        for requests in requests { requests.add(counted.requests) }
        for bytes in bytes { bytes.add(counted.bytes) }
    }

    /// Shows the figures no more.
    func destroy() { for figure in requests + bytes { figure.counter.destroy() } }
}
