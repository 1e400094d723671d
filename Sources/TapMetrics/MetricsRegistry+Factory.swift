package import CoreMetrics

/// What swift-metrics asks a backend for.
///
/// The same label and dimensions are the same instrument.
extension MetricsRegistry: MetricsFactory {
    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        instrument(MetricsRegistry.address(MetricName.counter(label), dimensions), WholeCounter.init)
    }

    package func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        instrument(MetricsRegistry.address(MetricName.counter(label), dimensions), FractionalCounter.init)
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        instrument(MetricsRegistry.address(MetricName.valid(label), dimensions), Level.init)
    }

    /// A histogram when values are to be aggregated, else the last value.
    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        let name = MetricName.valid(label)
        guard aggregate else { return instrument(MetricsRegistry.address(name, dimensions), Level.init) }
        return distribution(name, dimensions, Distribution.anything)
    }

    /// A histogram in seconds.
    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        distribution(MetricName.time(label), dimensions, Distribution.seconds)
    }

    package func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
    package func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    package func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    package func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

    private func distribution(_ name: String, _ dimensions: [(String, String)], _ bounds: [Double]) -> Distribution {
        let labels = MetricName.labels(dimensions, reserved: "le")
        return instrument(SeriesAddress(name: name, labels: labels)) { Distribution($0, bounds: bounds) }
    }

    private static func address(_ name: String, _ dimensions: [(String, String)]) -> SeriesAddress {
        SeriesAddress(name: name, labels: MetricName.labels(dimensions))
    }
}
