import CoreMetrics
import TapProcess

/// What a watched program does, for those who watch it; shown as long as this lives.
final class ProgramFigures: Sendable {
    private let up: Meter
    private let starts: Counter
    private let failures: Counter
    private let unwell: Counter
    private let leftOut: Counter

    init(service: String, factory: any MetricsFactory) {
        let dimensions = [("service", service)]
        up = Meter(label: "taproom_program_up", dimensions: dimensions, factory: factory)
        starts = Counter(label: "taproom_program_starts_total", dimensions: dimensions, factory: factory)
        failures = Counter(label: "taproom_program_failures_total", dimensions: dimensions, factory: factory)
        unwell = Counter(label: "taproom_program_unwell_total", dimensions: dimensions, factory: factory)
        leftOut = Counter(label: "taproom_program_lines_left_out_total", dimensions: dimensions, factory: factory)
        up.set(0)
    }

    deinit {
        up.destroy()
        starts.destroy()
        failures.destroy()
        unwell.destroy()
        leftOut.destroy()
    }

    /// It was started.
    func noteStart() {
        up.set(1)
        starts.increment()
    }

    /// It has ended.
    func noteEnd(isFailure: Bool) {
        up.set(0)
        if isFailure { failures.increment() }
    }

    /// It was ended for it was not well.
    func noteUnwell() { unwell.increment() }

    /// What a life has written is known.
    func note(_ logs: OutputLog...) {
        let lines = logs.reduce(0) { $0 + $1.leftOut }
        if lines > 0 { leftOut.increment(by: Int64(lines)) }
    }
}
