public import ArgumentParser
import Glibc
import TapFile

/// What `torture` does: all parts or those that are named.
public struct TortureProgram: AsyncParsableCommand {
    /// The name and the inner commands, with which the program starts itself.
    public static let configuration = CommandConfiguration(
        commandName: "torture", abstract: "Proves that nothing acknowledged is ever lost.",
        subcommands: [Run.self, PlayScenario.self, RunCases.self, Write.self], defaultSubcommand: Run.self)

    /// For the parser.
    public init() {}

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Runs parts, one after the other.")

        @Argument(help: "The parts: \(Part.allCases.map(\.rawValue).joined(separator: ", ")). All when none is named.")
        var parts: [Part] = []

        @Option(help: "How much is done; each part has a number of its own: see docs/reliability.md.")
        var count: Int?

        @Option(help: "How long soak lasts.")
        var minutes = 60

        @Option(help: "What chance follows from.")
        var seed: UInt64 = 1

        @Option(help: "The number of the first case.")
        var first = 0

        @Option(help: "How many processors are used.")
        var jobs = max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN)))

        @Option(help: "FileTrace.c as a shared library.")
        var traceLibrary: String

        @Option(help: "The folder of taps in older formats.")
        var fixtures: String

        @Option(help: "The folder of the programs torture, fibonacci, mktap, tapd and tapctl.")
        var programs: String

        func run() async throws {
            var isLost = false
            for part in parts.isEmpty ? Part.allCases : parts {
                let start = ContinuousClock.now
                let findings = try part.run(self)
                let seconds = Int((ContinuousClock.now - start) / .milliseconds(100))
                for loss in findings.losses { Progress.note("LOST: \(loss)") }
                let figures = findings.figures.map { "\($0.number) \($0.word)" }.joined(separator: ", ")
                print("\(part.rawValue): \(figures), \(findings.losses.count) lost, \(seconds / 10).\(seconds % 10) s")
                // Into a file or a pipe it would only come at the end.
                fflush(nil)
                isLost = isLost || !findings.losses.isEmpty
            }
            if isLost { throw ExitCode(1) }
        }
    }

    struct PlayScenario: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "scenario", shouldDisplay: false)

        @Argument var scenario: Scenario
        @Argument var folder: String

        func run() async throws {
            guard await scenario.play(in: folder) else { throw ExitCode(1) }
        }
    }

    struct Write: ParsableCommand {
        static let configuration = CommandConfiguration(shouldDisplay: false)

        @Argument var tap: String
        @Argument var place: String

        func run() throws { try CountingWriter.run(tap, place: place) }
    }

    struct RunCases: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "cases", shouldDisplay: false)

        @Argument var part: Part
        @Argument var place: String
        @Option var first: Int
        @Option var count: Int
        @Option var seed: UInt64

        func run() throws {
            switch part {
            case .damage: try DamageCases.runAsChild(first..<first + count, seed: seed, place: place)
            case .fuzz: try FuzzCases.runAsChild(first..<first + count, seed: seed, place: place)
            default: throw ValidationError("\(part.rawValue) has no cases")
            }
        }
    }
}

extension Scenario: ExpressibleByArgument {}

/// What can be run by itself.
enum Part: String, CaseIterable, ExpressibleByArgument {
    case crashSweep = "crash-sweep"
    case failSweep = "fail-sweep"
    case kill, confirm, backup, damage, races, fuzz, soak

    func run(_ options: TortureProgram.Run) throws -> Findings {
        let torture = options.programs + "/torture"
        let fibonacci = options.programs + "/fibonacci"
        let traced = TracedProgram(
            program: torture, library: options.traceLibrary, fixtures: options.fixtures)
        let runner = CaseRunner(program: torture, part: rawValue, seed: options.seed, jobs: options.jobs)
        switch self {
        case .crashSweep:
            let sweep = CrashSweep(program: traced, seed: options.seed, jobs: options.jobs)
            var findings = try sweep.powerFailures(states: options.count ?? 60)
            findings.add(try sweep.stops())
            return findings
        case .failSweep: return try FailSweep(program: traced, seed: options.seed, jobs: options.jobs).run()
        case .kill:
            return try Kills(program: fibonacci, seed: options.seed, jobs: 2 * options.jobs)
                .run(count: options.count ?? 10_000)
        case .confirm:
            return try Confirmations(programs: options.programs, seed: options.seed, jobs: 2 * options.jobs)
                .run(count: options.count ?? 100)
        case .backup: return try Backups(program: torture, jobs: options.jobs).run(count: options.count ?? 2000)
        case .damage: return try runner.run(options.first..<options.first + (options.count ?? 1000))
        case .races: return try Races(program: fibonacci).run(writers: 16, changes: options.count ?? 1000)
        case .fuzz: return try runner.run(options.first..<options.first + (options.count ?? 1_000_000))
        case .soak:
            return try Soak(programs: options.programs, seed: options.seed).run(for: .seconds(60 * options.minutes))
        }
    }
}
