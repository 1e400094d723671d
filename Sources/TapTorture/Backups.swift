import Glibc
import TapData
import TapFile
import TapPages
import TapTesting
import Taproom

/// Copies of a tap that another process changes meanwhile.
package struct Backups: Sendable {
    private let program: String
    private let jobs: Int
    /// Copies of one tap, before another one takes its place.
    private static let copiesPerTap = 50

    /// Copies of what `torture` writes.
    ///
    /// - Parameters:
    ///   - program: the path of `torture`.
    ///   - jobs: how many taps are written side by side.
    package init(program: String, jobs: Int) {
        self.program = program
        self.jobs = jobs
    }

    /// Makes so many copies; every second tap is encrypted.
    ///
    /// Returns how much was written meanwhile, and what was lost.
    package func run(count: Int) throws -> Findings {
        let taps = (count + Backups.copiesPerTap - 1) / Backups.copiesPerTap
        return try Parallel.run(taps, jobs: jobs) { index in
            let passphrase = index % 2 == 0 ? nil : Scenario.passphrases[0]
            let copies = min(Backups.copiesPerTap, count - index * Backups.copiesPerTap)
            return try Backups.run(copies, program, passphrase)
        }
    }

    private static func run(_ copies: Int, _ program: String, _ passphrase: String?) throws -> Findings {
        var findings = Findings()
        let folder = try Files.folder()
        let (path, place, copy) = (folder[Scenario.tapName], folder["number"], folder["copy.tap"])
        try Files.write(Array(repeating: 0, count: 8), to: place)
        try Tap.make(
            path, ScenarioPlayer.application(greeting: "0"), passphrase: passphrase, cost: .minimal,
            by: CountingWriter.authorship)
        let writer = try ChildProgram([program, "write", path, place])
        while try CountingWriter.acknowledged(place) == 0, kill(writer.process, 0) == 0 { usleep(1000) }
        let first = try CountingWriter.acknowledged(place)
        for number in 1...copies {
            let before = try CountingWriter.acknowledged(place)
            try Tap.backUp(path, to: copy, replacing: true, passphrase: passphrase)
            let after = try CountingWriter.acknowledged(place)
            findings.count("copies")
            if after > before { findings.count("copies during which something was acknowledged") }
            // One change may be stored and not acknowledged yet.
            if let problem = problem(copy, passphrase, before...after + 1) {
                findings.lose("backup: copy \(number): \(problem)")
            }
        }
        findings.count("changes", by: try CountingWriter.acknowledged(place) - first)
        writer.kill()
        return findings
    }

    private static func problem(_ copy: String, _ passphrase: String?, _ expected: ClosedRange<Int>) -> String? {
        do {
            let tap = try Tap(opening: copy, for: .reading, passphrase: passphrase)
            let findings = try tap.integrityFindings()
            guard findings.isEmpty else { return "integrity: \(findings.joined(separator: "; "))" }
            let now = try CountingWriter.number(in: tap, at: nil)
            guard expected.contains(now) else { return "it is as after change \(now), not \(expected)" }
            for revision in try tap.history() where revision.kind == .snapshot {
                let then = try CountingWriter.number(in: tap, at: revision.revision)
                guard "\(then)" == revision.comment else {
                    return "revision \(revision.revision) is as after change \(then), not \(revision.comment)"
                }
            }
            try tap.close()
            return nil
        } catch {
            return "\(error)"
        }
    }
}

/// Changes a tap without end; all that it stores at a time has one number.
enum CountingWriter {
    static let authorship = Authorship(author: "ada", origin: "torture")
    private static let cell = "visits"
    private static let rows = 30
    /// Changes from one snapshot to the next, and between prunings.
    private static let (snapshotInterval, pruneInterval) = (7, 100)

    /// Stores number after number, and says in a file which was the last.
    static func run(_ path: String, place: String) throws {
        let tap = try Tap(opening: path, for: .writing, passphrase: Scenario.passphrase(of: path))
        let file = open(place, O_RDWR | O_CLOEXEC)
        defer { close(file) }
        var retention = Retention()
        retention.keep = 10
        for number in 1... {
            _ = try tap.commit { try store(number, in: tap) }
            var bytes = UInt64(number).littleEndian
            guard pwrite(file, &bytes, 8, 0) == 8 else { throw TortureError("\(place) can't be written") }
            if number % pruneInterval == 0 { _ = try tap.prune(retention) }
        }
    }

    private static func store(_ number: Int, in tap: Tap) throws {
        let service = try tap.identities()["web"] ?? 0
        let value = Datum.object([
            "number": .integer(Int64(number)), "text": .string(String(repeating: "x", count: number * 37 % 900)),
        ])
        for row in 0..<rows {
            try tap.setState(
                StateAddress(service: service, cell: cell, key: .integer(Int64(row))),
                StoredValue(version: 1, bytes: CBOR.encode(value)))
        }
        guard number % snapshotInterval == 0 else { return }
        var authorship = authorship
        authorship.comment = "\(number)"
        try tap.addRevision(.snapshot, by: authorship)
    }

    /// The last number that was stored for sure.
    static func acknowledged(_ place: String) throws -> Int {
        try Files.read(place).reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    /// The number of the change that a tap has been left by.
    ///
    /// Throws when its rows are of several, or some are missing.
    static func number(in tap: Tap, at revision: Int?) throws -> Int {
        let service = try tap.identities()["web"] ?? 0
        let rows = try tap.rows(of: StateCell(service: service, cell: cell), at: revision, limit: .max)
        let numbers = try rows.map { try CBOR.decode($0.value.bytes).object?["number"] }
        guard rows.count == self.rows, case .integer(let number)?? = numbers.first,
            numbers.allSatisfy({ $0 == numbers[0] })
        else { throw TortureError("its \(rows.count) rows are not of one change") }
        return Int(number)
    }
}
