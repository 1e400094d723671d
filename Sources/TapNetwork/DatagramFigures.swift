import CoreMetrics
import Taproom

/// What is counted about one endpoint where datagrams come.
struct DatagramFigures: Sendable {
    let received: Counter
    let sent: Counter
    /// Those that were not sent because too many waited already.
    let dropped: Counter

    init(service: String, endpoint: Endpoint) {
        let dimensions = [("service", service), ("endpoint", endpoint.description)]
        received = Counter(label: "taproom_datagrams_received_total", dimensions: dimensions)
        sent = Counter(label: "taproom_datagrams_sent_total", dimensions: dimensions)
        dropped = Counter(label: "taproom_datagrams_dropped_total", dimensions: dimensions)
    }

    /// Shows the figures no more: nobody takes datagrams at the endpoint now.
    func destroy() {
        received.destroy()
        sent.destroy()
        dropped.destroy()
    }
}
