import CoreMetrics

/// What is counted about the sessions of a service.
struct TelnetFigures: Sendable {
    private let admitted: Counter
    private let refused: Counter
    private let verbs: Counter
    private let open: Meter

    init(service: String) {
        let dimensions = [("service", service)]
        admitted = Counter(label: "taproom_telnet_logins_total", dimensions: dimensions + [("result", "admitted")])
        refused = Counter(label: "taproom_telnet_logins_total", dimensions: dimensions + [("result", "refused")])
        verbs = Counter(label: "taproom_telnet_verbs_total", dimensions: dimensions)
        open = Meter(label: "taproom_telnet_sessions_open", dimensions: dimensions)
    }

    func noteAdmitted() {
        admitted.increment()
        open.increment()
    }

    func noteRefused() { refused.increment() }

    func noteVerb() { verbs.increment() }

    func noteEnd() { open.decrement() }

    /// Shows the figures no more.
    func destroy() {
        for counter in [admitted, refused, verbs] { counter.destroy() }
        open.destroy()
    }
}
