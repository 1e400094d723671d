import Glibc
import Synchronization
import TapTesting

/// Every moment at which a program or its machine can come to an end.
package struct CrashSweep: Sendable {
    private let program: TracedProgram
    private let seed: UInt64
    private let jobs: Int

    /// A sweep with the program that plays scenarios.
    package init(program: TracedProgram, seed: UInt64, jobs: Int) {
        self.program = program
        self.seed = seed
        self.jobs = jobs
    }

    /// Cuts every scenario off after each operation, and looks at what a disk could hold then.
    ///
    /// - Parameters:
    ///   - states: how many random states are looked at after each operation, besides the two extremes.
    ///   - step: 1 looks at every operation, 5 at every fifth.
    /// - Returns: how many moments and states there were, and what was lost.
    /// - Throws: ``TortureError`` when a scenario can't be recorded.
    package func powerFailures(states: Int, everyNth step: Int = 1) throws -> Findings {
        var findings = Findings()
        for recorded in try RecordedScenario.all(by: program) {
            findings.add(try powerFailures(of: recorded, states: states, step: step))
        }
        return findings
    }

    private func powerFailures(of recorded: RecordedScenario, states: Int, step: Int) throws -> Findings {
        var folder = RecordedFolder(recorded.start)
        var moments: [(count: Int, folder: RecordedFolder)] = [(0, folder)]
        for (index, operation) in recorded.operations.enumerated() {
            folder.follow(operation)
            let isInteresting = ![.openForReading, .close].contains(operation.kind)
            if isInteresting { moments.append((index + 1, folder)) }
        }
        let chosen = moments.enumerated().filter { $0.offset % step == 0 }.map(\.element)
        return try Parallel.run(chosen.count, jobs: jobs) { index in
            let moment = chosen[index]
            return try look(at: moment.folder, after: moment.count, of: recorded, states: states)
        }
    }

    private func look(
        at folder: RecordedFolder, after count: Int, of recorded: RecordedScenario, states: Int
    ) throws -> Findings {
        var random = SeededGenerator(seed: seed &+ UInt64(count))
        var findings = Findings()
        findings.count("moments")
        let extremes = [folder.current, folder.synchronized]
        var different: Set<FolderContent> = []
        let place = try Files.folder()
        for number in 0..<states + extremes.count {
            var content = number < extremes.count ? extremes[number] : folder.torn(&random)
            findings.count("states")
            guard different.insert(content).inserted else { continue }
            findings.count("different states")
            // SQLite's index of the log is no part of the tap: whatever is there must not matter.
            if random.next(below: 4) == 0 {
                content[Scenario.tapName + "-shm"] = (0..<32768).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            }
            try content.write(to: place.path)
            let isChanging = number % 4 == 0
            let expected = recorded.expected(after: count)
            if let problem = TapCheck.problem(
                in: place.path, of: recorded, expected: expected, isChanging: isChanging)
            {
                let what = "\(recorded.scenario.rawValue), after operation \(count), state \(number), seed \(seed)"
                findings.lose("\(what): \(problem)")
            }
        }
        return findings
    }

    /// Really ends the program at each of its operations, and looks at what it has left.
    ///
    /// - Parameter step: 1 ends it at every operation, 5 at every fifth.
    /// - Returns: how often it was ended, and what was lost.
    /// - Throws: ``TortureError`` when a scenario can't be recorded.
    package func stops(everyNth step: Int = 1) throws -> Findings {
        var findings = Findings()
        for recorded in try RecordedScenario.all(by: program) {
            let numbers = Array(stride(from: 1, through: recorded.countedOperations, by: step))
            findings.add(try Parallel.run(numbers.count, jobs: jobs) { try stop(recorded, at: numbers[$0]) })
        }
        return findings
    }

    private func stop(_ recorded: RecordedScenario, at number: Int) throws -> Findings {
        var findings = Findings()
        findings.count("stops")
        let run = try program.run(
            recorded.scenario, from: recorded.start, TracedProgram.Fault(how: .stop, operation: number))
        let what = "\(recorded.scenario.rawValue), stopped at operation \(number)"
        guard run.status == TracedProgram.stoppedStatus else {
            findings.lose("\(what): ended with status \(run.status)")
            return findings
        }
        let expected = recorded.expected(after: run.operations)
        if let problem = TapCheck.problem(in: run.folder.path, of: recorded, expected: expected, isChanging: true) {
            findings.lose("\(what): \(problem)")
        }
        return findings
    }
}

extension RecordedScenario {
    /// What the tap may hold when another run of the scenario got so far.
    func expected(after operations: [FileOperation]) -> [String?] {
        let done = operations.count { operation in
            guard operation.kind == .acknowledge, case .done = Acknowledgement(operation.data) else { return false }
            return true
        }
        return milestones[done...].prefix(2).map(\.content)
    }
}
