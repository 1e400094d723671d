import ArgumentParser
import Glibc
import ServiceLifecycle
import TapFile
import Taproom

/// A kind that remembers the tables of the measurements, and does nothing.
private struct BenchmarkKind: ServiceKind {
    static let word = "benchmark"
    static let summary = "Is measured."
    static let state: [any StateDeclaration] = [Tables.snapped, Tables.always, Tables.served]

    struct Settings: ServiceSettings {}

    struct Options: ServiceOptions {
        func settings() throws -> Settings { Settings() }
    }

    struct Nothing: Service {
        func run() async throws {}
    }

    static func makeService(settings: Settings, context: ServiceContext) async throws -> any Service { Nothing() }
}

/// Measures the writing of state as text, to a file beside the tap, and the making of another tap with it.
func measureStateText(of path: String) throws {
    let (text, copy) = (path + ".state", path + ".copy")
    let clock = ContinuousClock()
    let opening = clock.now
    try TapMoment(path).writeState { _ in }
    let start = clock.now
    report("open and write to nowhere ms", (start - opening).milliseconds)
    let moment = try TapMoment(path)
    let count = try moment.writeState(toFile: text, replacing: true)
    let written = clock.now
    report("values", count)
    report("text MB", size(text) / 1e6)
    report("write s", (written - start) / .seconds(1))
    report("peak after writing MB", try memory("VmHWM:"))
    let begun = clock.now
    let state = InitialState(try StateTextSource(file: text), kinds: KindList([BenchmarkKind.self]))
    try Tap.make(copy, moment.application, state: state, replacing: true, by: authorship)
    report("make s", (clock.now - begun) / .seconds(1))
    report("peak after making MB", try memory("VmHWM:"))
}
