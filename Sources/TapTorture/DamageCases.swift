import Glibc
import TapData
import TapFile
import TapTesting
import Taproom

/// Taps with damaged bytes: an error or the truth, but never a crash and never an empty start.
package struct DamageCases: Cases {
    /// Whether every page has a checksum, so that a wrong value can't be taken for a true one.
    private static let pagesHaveChecksums = false

    private let seed: UInt64
    private let folder: TemporaryFolder
    private let specimens: [Specimen]

    /// Makes the taps that are to be damaged.
    package init(seed: UInt64) throws {
        self.seed = seed
        folder = try Files.folder()
        specimens = [try .atRest(in: folder), try .killed(in: folder)]
    }

    /// Damages a copy of a tap and does with it what programs do.
    package mutating func run(_ number: Int, _ findings: inout Findings) throws {
        var random = SeededGenerator(seed: seed &+ UInt64(number) &* 0x9E37)
        let specimen = specimens[number % specimens.count]
        var (file, log) = (specimen.file, specimen.log)
        // The log of a tap that has one is damaged three times out of four.
        let isLog = !log.isEmpty && random.next(below: 4) > 0
        for _ in 0...random.next(below: 3) {
            guard let damage = Damage.allCases.randomElement(using: &random) else { continue }
            if isLog {
                damage.apply(to: &log, page: 4096 + 24, &random)
            } else {
                damage.apply(to: &file, page: 4096, &random)
            }
        }
        let path = folder["damaged.tap"]
        for suffix in ["-wal", "-shm"] { unlink(path + suffix) }
        try Files.write(file, to: path)
        if !specimen.log.isEmpty { try Files.write(log, to: path + "-wal") }
        findings.count("cases")
        let access: Tap.Access = random.next(below: 2) == 0 ? .reading : .writing
        judge(TapReading.outcome(of: path, for: access), specimen, number, &findings)
    }

    private func judge(_ outcome: TapReading.Outcome, _ specimen: Specimen, _ number: Int, _ findings: inout Findings) {
        let what = "damage: case \(number) of seed \(seed)"
        switch outcome {
        case .refused: findings.count("refused")
        case .foundDamaged: findings.count("found damaged")
        case .wrongError(let error): findings.lose("\(what): an error that says nothing about the file: \(error)")
        case .read(let reading) where reading == specimen.moments.last: findings.count("the truth")
        case .read(let reading) where specimen.moments.contains(reading):
            // The end of a log that can't be read is taken for what was under way at a crash.
            findings.count("an earlier truth")
        case .read(let reading):
            if reading.isEmpty { findings.lose("\(what): it starts empty, and no error says why") }
            if DamageCases.pagesHaveChecksums {
                findings.lose("\(what): another value than the true one was read")
            } else {
                findings.count("not noticed")
            }
        }
    }
}

/// A tap before it is damaged.
private struct Specimen {
    /// Services in the application.
    private static let services = 8
    /// Cells of each service.
    private static let cells = 300

    let file: [UInt8]
    let log: [UInt8]
    /// What it held at each of its acknowledged changes, the newest last.
    let moments: [TapReading]

    /// A tap that was closed.
    static func atRest(in folder: TemporaryFolder) throws -> Specimen {
        let path = folder["whole.tap"]
        let tap = try filled(path)
        for round in 0..<4 { try change(tap, round) }
        let truth = try TapReading(tap)
        try tap.close()
        return Specimen(file: try Files.read(path), log: [], moments: [truth])
    }

    /// A tap whose program was killed: its last changes are in the log.
    static func killed(in folder: TemporaryFolder) throws -> Specimen {
        let path = folder["killed.tap"]
        let tap = try filled(path)
        try tap.checkpoint()
        var moments = [try TapReading(tap)]
        for round in 0..<4 { try change(tap, round) { moments.append(try TapReading(tap)) } }
        let specimen = Specimen(file: try Files.read(path), log: try Files.read(path + "-wal"), moments: moments)
        try tap.close()
        return specimen
    }

    private static let authorship = Authorship(author: "ada", origin: "torture")

    private static func application(_ round: Int) -> Application {
        Application(
            name: "site",
            services: (0..<services).map { number in
                ServiceDefinition(
                    name: "service\(number)", kind: "greeter",
                    settings: ["greeting": .string("round \(round) of \(number)"), "number": .integer(Int64(round))])
            })
    }

    private static func filled(_ path: String) throws -> Tap {
        try Tap.make(path, application(0), by: authorship)
        let tap = try Tap(opening: path, for: .writing)
        try tap.commit { try fill(tap, every: 1, round: 0) }
        return tap
    }

    private static func fill(_ tap: Tap, every step: Int, round: Int) throws {
        for service in try tap.identities().values.sorted() {
            for cell in stride(from: 0, to: cells, by: step) {
                let value = Datum.object(["cell": .integer(Int64(cell)), "text": .string("round \(round) of \(cell)")])
                try tap.setState(
                    StateAddress(service: service, cell: "cell\(cell)"),
                    StoredValue(version: 1, bytes: CBOR.encode(value)))
            }
        }
    }

    private static func change(_ tap: Tap, _ round: Int, committed: () throws -> Void = {}) throws {
        try tap.commit { try fill(tap, every: 40 + round, round: round + 1) }
        try committed()
        _ = try tap.commit { () -> Int in
            _ = try tap.store(application(round + 1))
            return try tap.addRevision(round == 2 ? .snapshot : .change, by: authorship)
        }
        try committed()
    }
}
