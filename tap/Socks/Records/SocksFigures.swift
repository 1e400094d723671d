import CoreMetrics

/// What a proxy does, for those who watch it: from the start of the process on.
final class SocksFigures: Sendable {
    private let requests: [String: Counter]
    private let malformed: Counter
    private let sent: Counter
    private let received: Counter
    private let accepted: Counter
    private let refused: Counter

    init(service: String, _ factory: any MetricsFactory) {
        let counter = { (label: String, dimensions: [(String, String)]) in
            Counter(label: label, dimensions: [("service", service)] + dimensions, factory: factory)
        }
        let bytes = { counter("taproom_socks_bytes_total", [("direction", $0)]) }
        let logins = { counter("taproom_socks_logins_total", [("outcome", $0)]) }
        var requests: [String: Counter] = [:]
        for command in SocksCommand.allCases {
            for outcome in SocksOutcome.allCases {
                requests[SocksFigures.key(command, outcome)] = counter(
                    "taproom_socks_requests_total", [("command", command.rawValue), ("outcome", outcome.rawValue)])
            }
        }
        self.requests = requests
        malformed = counter("taproom_socks_malformed_total", [])
        (sent, received) = (bytes("sent"), bytes("received"))
        (accepted, refused) = (logins("accepted"), logins("refused"))
    }

    private static func key(_ command: SocksCommand, _ outcome: SocksOutcome) -> String {
        "\(command.rawValue) \(outcome.rawValue)"
    }

    /// A request has come to something, or not.
    func add(_ command: SocksCommand, _ outcome: SocksOutcome) {
        requests[SocksFigures.key(command, outcome)]?.increment()
    }

    /// Somebody has sent what is no request.
    func addMalformed() { malformed.increment() }

    /// Bytes were passed on.
    func add(_ bytes: SocksCounters.Bytes) {
        if bytes.sent > 0 { sent.increment(by: bytes.sent) }
        if bytes.received > 0 { received.increment(by: bytes.received) }
    }

    /// A password was checked.
    func addLogin(isRight: Bool) { (isRight ? accepted : refused).increment() }

    /// Shows the figures no more.
    func destroy() {
        for counter in requests.values { counter.destroy() }
        for counter in [malformed, sent, received, accepted, refused] { counter.destroy() }
    }
}
