import Glibc
import TapTesting

/// Every file operation that can fail, in every way.
package struct FailSweep: Sendable {
    private let program: TracedProgram
    private let seed: UInt64
    private let jobs: Int

    /// A sweep with the program that plays scenarios.
    package init(program: TracedProgram, seed: UInt64, jobs: Int) {
        self.program = program
        self.seed = seed
        self.jobs = jobs
    }

    /// A way to fail, and the operations that can fail so.
    private struct Failure {
        var how: TracedProgram.Fault.How
        var code: CInt
        var kinds: Set<FileOperation.Kind>
    }

    private static let failures: [Failure] = {
        let room: Set<FileOperation.Kind> = [.create, .write, .truncate, .rename, .link]
        let changing = room.union([.openForChanging, .synchronize, .unlink])
        let opening: Set<FileOperation.Kind> = [.openForReading, .openForChanging, .create]
        return [
            Failure(how: .once, code: ENOSPC, kinds: room), Failure(how: .on, code: ENOSPC, kinds: room),
            Failure(how: .short, code: ENOSPC, kinds: room),
            Failure(how: .once, code: EIO, kinds: changing.union(opening)),
            Failure(how: .on, code: EIO, kinds: changing), Failure(how: .once, code: EROFS, kinds: changing),
            Failure(how: .on, code: EROFS, kinds: changing), Failure(how: .once, code: EMFILE, kinds: opening),
            Failure(how: .on, code: EMFILE, kinds: opening),
        ]
    }()

    /// Lets each operation of each scenario fail.
    ///
    /// - Parameter step: 1 takes every operation, 5 every fifth.
    /// - Returns: how many runs and failures there were, and what was lost.
    /// - Throws: ``TortureError`` when a scenario can't be recorded.
    package func run(everyNth step: Int = 1) throws -> Findings {
        var findings = Findings()
        for recorded in try RecordedScenario.all(by: program) {
            let faults = FailSweep.faults(of: recorded).enumerated().filter { $0.offset % step == 0 }.map(\.element)
            findings.add(try Parallel.run(faults.count, jobs: jobs) { try fail(recorded, faults[$0]) })
        }
        return findings
    }

    private static func faults(of recorded: RecordedScenario) -> [TracedProgram.Fault] {
        let counted = recorded.operations.filter(\.kind.isCounted)
        return counted.enumerated().flatMap { index, operation in
            failures.filter { $0.how == .short ? operation.kind == .write : $0.kinds.contains(operation.kind) }.map {
                TracedProgram.Fault(how: $0.how, operation: index + 1, code: $0.code, kinds: $0.kinds)
            }
        }
    }

    private func fail(_ recorded: RecordedScenario, _ fault: TracedProgram.Fault) throws -> Findings {
        var findings = Findings()
        findings.count("runs")
        let run = try program.run(recorded.scenario, from: recorded.start, fault)
        let what = "\(recorded.scenario.rawValue), \(fault)"
        var reader = FailedRun(recorded)
        for problem in reader.follow(run.operations) { findings.lose("\(what): \(problem)") }
        findings.count("failed operations", by: run.operations.count { $0.failure == fault.code })
        findings.count("refused steps", by: reader.refusals)
        let isAbsorbed = reader.refusals == 0 && run.operations.contains { $0.failure == fault.code }
        if isAbsorbed { findings.count("failures that did not matter") }
        if run.status != (reader.refusals == 0 ? 0 : 1) { findings.lose("\(what): ended with status \(run.status)") }
        if fault.how != .on, !reader.isComplete { findings.lose("\(what): a step was refused twice") }
        let left = reader.left
        if let problem = TapCheck.problem(in: run.folder.path, of: recorded, expected: left, isChanging: true) {
            findings.lose("\(what): afterwards: \(problem)")
        }
        try look(at: run.operations, of: recorded, what, &findings)
        return findings
    }

    /// A power failure after the faults: at each of the next reports of the program, and at its end.
    private func look(
        at operations: [FileOperation], of recorded: RecordedScenario, _ what: String, _ findings: inout Findings
    ) throws {
        var random = SeededGenerator(seed: seed)
        // When syncing a folder fails, SQLite goes on: names then depend on what file systems do beyond POSIX.
        var folder = RecordedFolder(recorded.start, isStrict: false)
        var reader = FailedRun(recorded)
        let place = try Files.folder()
        var reportsToLookAt = 0
        for (index, operation) in operations.enumerated() {
            folder.follow(operation)
            _ = reader.follow([operation])
            if operation.failure != 0 { reportsToLookAt = 4 }
            let isEnd = index == operations.count - 1
            guard isEnd || reportsToLookAt > 0 && operation.kind == .acknowledge else { continue }
            reportsToLookAt -= 1
            for content in Set([folder.current, folder.synchronized, folder.torn(&random)]) {
                findings.count("states")
                try content.write(to: place.path)
                let expected = reader.expected
                if let problem = TapCheck.problem(
                    in: place.path, of: recorded, expected: expected, isChanging: false)
                {
                    findings.lose("\(what): power failure after operation \(index + 1), seed \(seed): \(problem)")
                }
            }
        }
    }
}
