// Measures what storage costs: "name<TAB>value" lines; tools/benchmark runs it. Build it with -c release.
// usage: storage-benchmark updates TAP always|everySecond WRITERS SECONDS
//        storage-benchmark serve TAP always|everySecond PORT
//        storage-benchmark fill TAP ROWS BYTES
//        storage-benchmark open TAP ROWS
//        storage-benchmark snapshots TAP ROWS
//        storage-benchmark unchanged TAP SNAPSHOTS
//        storage-benchmark state TAP
//        storage-benchmark value-bytes
import Glibc
import Taproom

/// The words of the command line, taken one after the other.
var words = CommandLine.arguments.dropFirst()

@MainActor func word(_ what: String) -> String {
    guard let word = words.popFirst() else { fail("\(what) is missing") }
    return word
}

@MainActor func number(_ what: String) -> Int {
    let text = word(what)
    guard let number = Int(text), number > 0 else { fail("\(what) must be a number from 1, but is \"\(text)\"") }
    return number
}

@MainActor func isDurable() -> Bool {
    switch word("the durability") {
    case "always": return true
    case "everySecond": return false
    case let word: fail("the durability is always or everySecond, but not \"\(word)\"")
    }
}

func fail(_ problem: String) -> Never {
    let text = Array("storage-benchmark: \(problem)\n".utf8)
    _ = write(STDERR_FILENO, text, text.count)
    exit(64)
}

/// Prints a figure.
func report(_ name: String, _ value: some Any) {
    print("\(name)\t\(value)")
    fflush(nil)
}

do {
    switch word("the subcommand") {
    case "updates":
        try await measureUpdates(
            of: word("the tap"), isDurable: isDurable(), writers: number("the number of writers"),
            for: .seconds(number("the time")))
    case "serve":
        try await serve(word("the tap"), isDurable: isDurable(), port: number("the port"))
    case "fill": try fill(word("the tap"), rows: number("the number of rows"), bytes: number("their size"))
    case "open": try await measureOpening(of: word("the tap"), rows: number("the number of rows"))
    case "snapshots": try await measureSnapshots(of: word("the tap"), rows: number("the number of rows"))
    case "unchanged": try measureUnchanged(word("the tap"), snapshots: number("the number of snapshots"))
    case "state": try measureStateText(of: word("the tap"))
    case "value-bytes": report("value bytes", try Visit(number: 0).stored(version: 1).bytes.count)
    case let word: fail("there is no subcommand \"\(word)\"")
    }
} catch {
    fail("\(error)")
}
