import CoreMetrics
import Synchronization

/// The figures that a program tells of.
///
/// They are called after the kind, `counter_requests`, and have the name of the service beside their own labels.
final class ForeignFigures: Sendable {
    /// How many figures a service has at most: each is kept as long as the service runs.
    private static let most = 500

    private struct Key: Hashable {
        var name: String
        var labels: [String: String]
    }

    private enum Instrument {
        case counter(Counter)
        case meter(Meter)
    }

    private let prefix: String
    private let service: String
    private let instruments = Mutex<[Key: Instrument]>([:])

    init(kind: String, service: String) {
        prefix = String(kind.map { $0 == "-" ? "_" : $0 }) + "_"
        self.service = service
    }

    /// Notes a figure; answers what is wrong with it, or nil.
    func note(_ name: String, _ labels: [String: String], _ figure: ProgramMessage.Figure) -> String? {
        instruments.withLock { instruments in
            let key = Key(name: name, labels: labels)
            guard let instrument = instruments[key] ?? made(key, figure, instruments.count) else {
                return "there are \(ForeignFigures.most) figures already"
            }
            instruments[key] = instrument
            switch (instrument, figure) {
            case (.counter(let counter), .add(let more)): counter.increment(by: more)
            case (.meter(let meter), .set(let value)): meter.set(value)
            default: return "the metric \"\(name)\" is added to and set: it can be one of both"
            }
            return nil
        }
    }

    private func made(_ key: Key, _ figure: ProgramMessage.Figure, _ count: Int) -> Instrument? {
        guard count < ForeignFigures.most else { return nil }
        let own = key.labels.filter { $0.key != "service" }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        let dimensions = [("service", service)] + own
        return switch figure {
        case .add: .counter(Counter(label: prefix + key.name, dimensions: dimensions))
        case .set: .meter(Meter(label: prefix + key.name, dimensions: dimensions))
        }
    }

    /// Shows the figures no more.
    func destroy() {
        let instruments = instruments.withLock { instruments in
            defer { instruments = [:] }
            return instruments
        }
        for instrument in instruments.values {
            switch instrument {
            case .counter(let counter): counter.destroy()
            case .meter(let meter): meter.destroy()
            }
        }
    }
}
