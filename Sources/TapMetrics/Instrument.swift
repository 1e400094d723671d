import CoreMetrics
import Synchronization

/// Where the values of an instrument are shown.
struct SeriesAddress: Sendable, Hashable {
    var name: String
    var labels: [MetricLabel]
}

/// What a program that is measured writes to, from any thread.
protocol Instrument: AnyObject, Sendable {
    static var kind: MetricFamily.Kind { get }
    var address: SeriesAddress { get }
    /// What it shows now.
    var samples: [MetricSample] { get }
}

/// Counts whole things.
final class WholeCounter: Instrument, CounterHandler {
    static let kind = MetricFamily.Kind.counter
    let address: SeriesAddress
    private let count = Atomic<Int64>(0)

    init(_ address: SeriesAddress) { self.address = address }

    func increment(by amount: Int64) { count.wrappingAdd(amount, ordering: .relaxed) }
    func reset() { count.store(0, ordering: .relaxed) }

    var samples: [MetricSample] {
        [MetricSample(Double(count.load(ordering: .relaxed)), labels: address.labels)]
    }
}

/// Counts in parts.
final class FractionalCounter: Instrument, FloatingPointCounterHandler {
    static let kind = MetricFamily.Kind.counter
    let address: SeriesAddress
    private let sum = Mutex(0.0)

    init(_ address: SeriesAddress) { self.address = address }

    func increment(by amount: Double) { sum.withLock { $0 += amount } }
    func reset() { sum.withLock { $0 = 0 } }

    var samples: [MetricSample] { [MetricSample(sum.withLock { $0 }, labels: address.labels)] }
}

/// A value that goes up and down.
final class Level: Instrument, MeterHandler, RecorderHandler {
    static let kind = MetricFamily.Kind.gauge
    let address: SeriesAddress
    private let value = Mutex(0.0)

    init(_ address: SeriesAddress) { self.address = address }

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { self.value.withLock { $0 = value } }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }

    var samples: [MetricSample] { [MetricSample(value.withLock { $0 }, labels: address.labels)] }
}

/// How many observations were how large.
final class Distribution: Instrument, RecorderHandler, TimerHandler {
    /// Powers of ten: what is recorded here can be anything.
    static let anything = (0...9).map { count in (0..<count).reduce(1.0) { power, _ in power * 10 } }
    /// From a tenth of a millisecond, which a good disk takes, to ten seconds, when people are gone.
    static let seconds = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    private struct Contents {
        /// One for each bound, and one more for what is beyond the last.
        var counts: [UInt64]
        var sum = 0.0
    }

    static let kind = MetricFamily.Kind.histogram
    let address: SeriesAddress
    /// The upper bounds of the buckets; each is part of its own.
    private let bounds: [Double]
    private let contents: Mutex<Contents>

    init(_ address: SeriesAddress, bounds: [Double]) {
        self.address = address
        self.bounds = bounds
        contents = Mutex(Contents(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        contents.withLock { contents in
            contents.counts[bucket] += 1
            contents.sum += value
        }
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1_000_000_000) }

    var samples: [MetricSample] {
        let (counts, sum) = contents.withLock { ($0.counts, $0.sum) }
        var total: UInt64 = 0
        var samples: [MetricSample] = []
        for (bound, count) in zip(bounds + [.infinity], counts) {
            total += count
            let labels = address.labels + [MetricLabel("le", TextExposition.number(bound))]
            samples.append(MetricSample(Double(total), suffix: "_bucket", labels: labels))
        }
        samples.append(MetricSample(sum, suffix: "_sum", labels: address.labels))
        samples.append(MetricSample(Double(total), suffix: "_count", labels: address.labels))
        return samples
    }
}
