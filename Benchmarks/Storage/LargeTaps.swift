import Glibc
import TapData
import TapFile
import Taproom

extension Encodable {
    func stored(version: Int) throws -> StoredValue {
        StoredValue(version: version, bytes: try CBOREncoder().encode(self))
    }
}

private func row(_ number: Int) -> StateAddress {
    StateAddress(service: 1, cell: Tables.snapped.name, key: .integer(Int64(number)))
}

private func text(_ number: Int, bytes: Int) -> String {
    let digits = String(number)
    return digits + String(repeating: "x", count: max(bytes - digits.utf8.count, 0))
}

/// Makes a tap with many rows, in transactions of a hundred thousand.
func fill(_ path: String, rows: Int, bytes: Int) throws {
    let tap = try openTap(path)
    let time = try ContinuousClock().measure {
        for first in stride(from: 0, to: rows, by: 100_000) {
            try tap.commit {
                for number in first..<min(first + 100_000, rows) {
                    try tap.setState(row(number), try text(number, bytes: bytes).stored(version: 1))
                }
            }
        }
        _ = try tap.commit { try tap.addRevision(.snapshot, by: authorship) }
        try tap.checkpoint()
    }
    report("fill s", time / .seconds(1))
    try tap.close()
}

/// Opens a tap as a runner does before it starts services, and reads some rows.
func measureOpening(of path: String, rows: Int) async throws {
    let clock = ContinuousClock()
    let start = clock.now
    let tap = try Tap(opening: path, for: .writing)
    let opened = clock.now
    let application = try tap.application()
    let isChanged = try tap.hasUncapturedState()
    let asked = clock.now
    try tap.openReadingConnection()
    let writer = try TapWriter(tap)
    let value = try await writer.read(row(rows / 2))
    let read = clock.now
    let first = try await writer.rows(
        of: Tables.snapped.name, service: 1, in: StateRange(), descending: false, limit: 256)
    let end = clock.now
    guard application.services.count == 1, !isChanged, value != nil, first.count == min(rows, 256) else {
        fail("\(path) is no tap of \(rows) rows")
    }
    report("open ms", (opened - start).milliseconds)
    report("application and uncaptured state ms", (asked - opened).milliseconds)
    report("one row ms", (read - asked).milliseconds)
    report("first 256 rows ms", (end - read).milliseconds)
    report("all ms", (end - start).milliseconds)
    report("resident MB", try memory("VmRSS:"))
    report("anonymous MB", try memory("RssAnon:"))
    try await writer.close()
}

/// A line of /proc/self/status (proc(5)), in MB.
func memory(_ name: String) throws -> Double {
    guard let file = fopen("/proc/self/status", "r") else { throw SystemCallError("open /proc/self/status") }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, 256, file) != nil {
        let words = String(decoding: line.map(UInt8.init(bitPattern:)), as: UTF8.self)
            .split(whereSeparator: \.isWhitespace)
        if words.count > 1, words[0] == name, let kilobytes = Double(words[1]) { return kilobytes / 1024 }
    }
    return 0
}

/// Measures snapshots of a tap of which one row of a hundred has changed.
func measureSnapshots(of path: String, rows: Int) async throws {
    try await withService(of: path) { context, writer in
        let clock = ContinuousClock()
        let snapshot = { @Sendable (tap: Tap) throws -> Void in
            try tap.addRevision(.snapshot, by: authorship)
        }
        let table = context.open(Tables.snapped)
        var start = clock.now
        try await writer.commit(snapshot)
        report("snapshot of nothing ms", (clock.now - start).milliseconds)

        for number in stride(from: 0, to: rows, by: 100) { table.set(text(number + 1, bytes: 1024), for: number) }
        start = clock.now
        try await writer.commit { _ in }
        report("storing 1 % ms", (clock.now - start).milliseconds)
        start = clock.now
        try await writer.commit(snapshot)
        report("snapshot, all is stored ms", (clock.now - start).milliseconds)

        for number in stride(from: 50, to: rows, by: 100) { table.set(text(number + 1, bytes: 1024), for: number) }
        start = clock.now
        try await writer.commit(snapshot)
        report("snapshot, 1 % in memory ms", (clock.now - start).milliseconds)
    }
}

/// Measures by how much snapshots of a tap that does not change let it grow.
func measureUnchanged(_ path: String, snapshots: Int) throws {
    let tap = try openTap(path)
    let before = size(path)
    let time = try ContinuousClock().measure {
        for _ in 0..<snapshots { _ = try tap.commit { try tap.addRevision(.snapshot, by: authorship) } }
    }
    try tap.checkpoint()
    report("growth MB", (size(path) - before) / 1e6)
    report("snapshot ms", time.milliseconds / Double(snapshots))
    try tap.close()
}

/// The size of a file in bytes.
func size(_ path: String) -> Double {
    var file = stat()
    return stat(path, &file) == 0 ? Double(file.st_size) : 0
}
