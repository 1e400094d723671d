import CoreMetrics
import Logging
import NIOCore
import Synchronization
import Taproom

/// Where a service keeps records of what it passes on, as long as it runs and whatever its settings are.
final class ForwardRecords: Sendable {
    /// Why a client was not let through.
    enum Refusal: String, CaseIterable {
        /// Its address is not allowed.
        case address
        /// It has as many connections as it may have, or there are as many clients as there may be.
        case limit
        /// No target takes its connection.
        case target
    }

    private struct Contents {
        var targets: [ForwardTarget: TargetRecord] = [:]
        var lastLines: [Refusal: (time: NIODeadline, unsaid: Int)] = [:]
    }

    /// How often the log tells of the same refusal, at most.
    private static let silence = TimeAmount.seconds(10)

    private let service: String
    private let counters: StoredCell<ForwardCounters, AtSnapshots>
    private let factory = MetricsSystem.factory
    private let logger: Logger
    private let refusals: [Refusal: Counter]
    private let contents = Mutex(Contents())

    init(_ service: String, _ counters: StoredCell<ForwardCounters, AtSnapshots>, _ logger: Logger) {
        (self.service, self.counters, self.logger) = (service, counters, logger)
        let factory = factory
        refusals = Dictionary(
            uniqueKeysWithValues: Refusal.allCases.map { refusal in
                let dimensions = [("service", service), ("reason", refusal.rawValue)]
                return (
                    refusal, Counter(label: "taproom_forward_refusals_total", dimensions: dimensions, factory: factory)
                )
            })
    }

    /// That of a target, which goes on where it was.
    func record(of target: ForwardTarget) -> TargetRecord {
        contents.withLock { contents in
            if let known = contents.targets[target] { return known }
            let new = TargetRecord(target, service: service, counters, factory)
            contents.targets[target] = new
            return new
        }
    }

    /// Shows the figures of these targets only.
    func keep(_ targets: [ForwardTarget]) {
        let others = contents.withLock { contents in
            let others = contents.targets.filter { !targets.contains($0.key) }
            for target in others.keys { contents.targets[target] = nil }
            return Array(others.values)
        }
        for record in others { record.destroy() }
    }

    /// Counts a client that was not let through, and says so now and then.
    func refuse(_ refusal: Refusal, _ client: SocketAddress?) {
        refusals[refusal]?.increment()
        let now = NIODeadline.now()
        let unsaid: Int? = contents.withLock { contents in
            guard let last = contents.lastLines[refusal], now - last.time < Self.silence else {
                defer { contents.lastLines[refusal] = (now, 0) }
                return contents.lastLines[refusal]?.unsaid ?? 0
            }
            contents.lastLines[refusal]?.unsaid += 1
            return nil
        }
        guard let unsaid else { return }
        let text: Logger.Message =
            switch refusal {
            case .address: "a client is not allowed"
            case .limit: "a client has too many connections, or there are too many clients"
            case .target: "no target takes the connection of a client"
            }
        logger.warning(
            text, metadata: ["from": "\(client?.description ?? "a unix socket")", "more": "\(unsaid) before"])
    }

    /// Shows the figures no more.
    func end() {
        keep([])
        for counter in refusals.values { counter.destroy() }
    }
}
