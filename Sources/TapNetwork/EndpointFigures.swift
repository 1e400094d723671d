import CoreMetrics
package import Taproom

/// What is counted about one endpoint of a service.
package struct EndpointFigures: Sendable {
    private let accepted: Counter
    private let open: Meter
    private let pauses: [Pause: Counter]

    /// Why nothing was accepted for a while.
    package enum Pause: String, CaseIterable {
        /// As many connections were open as there may be.
        case limit
        /// The operating system could not give one.
        case error
    }

    /// Figures that begin at zero.
    package init(service: String, endpoint: Endpoint) {
        let dimensions = [("service", service), ("endpoint", endpoint.description)]
        accepted = Counter(label: "taproom_connections_accepted_total", dimensions: dimensions)
        open = Meter(label: "taproom_connections_open", dimensions: dimensions)
        pauses = Dictionary(
            uniqueKeysWithValues: Pause.allCases.map { pause in
                let dimensions = dimensions + [("reason", pause.rawValue)]
                return (pause, Counter(label: "taproom_accept_pauses_total", dimensions: dimensions))
            })
    }

    /// There is one connection more.
    package func noteAccepted() {
        accepted.increment()
        open.increment()
    }

    /// There is one connection less.
    package func noteClosed() { open.decrement() }

    /// Nothing is accepted for a while.
    package func notePause(_ pause: Pause) { pauses[pause]?.increment() }

    /// Shows the figures no more: nobody listens at the endpoint now.
    package func destroy() {
        accepted.destroy()
        open.destroy()
        for counter in pauses.values { counter.destroy() }
    }
}
