import Glibc
import TapTesting

/// Web servers under load that are reloaded and replaced all the time: nobody is turned away, and nothing grows.
///
/// There are two applications side by side. One is reloaded only, in one long life; the other is also handed over to a new
/// program again and again.
package struct Soak: Sendable {
    private let programs: String
    private let seed: UInt64
    private let reloadEvery: Duration
    private let upgradeEvery: Duration

    /// A soak with this program's `tapd`.
    ///
    /// - Parameters:
    ///   - programs: the folder of `tapd` and `tapctl`.
    ///   - seed: what the served files follow from.
    ///   - reloadEvery: the time from reload to reload.
    ///   - upgradeEvery: the time from upgrade to upgrade.
    package init(
        programs: String, seed: UInt64, reloadEvery: Duration = .seconds(1), upgradeEvery: Duration = .seconds(60)
    ) {
        self.programs = programs
        self.seed = seed
        self.reloadEvery = reloadEvery
        self.upgradeEvery = upgradeEvery
    }

    /// Soaks for some time.
    ///
    /// Returns how much was asked and answered, and what was lost.
    package func run(for time: Duration) throws -> Findings {
        try Parallel.run(2, jobs: 2) { index in
            var soaking = try Soaking(
                SoakedApplication(programs: programs, seed: seed &+ UInt64(index)), reloadEvery: reloadEvery,
                upgradeEvery: index == 0 ? nil : upgradeEvery)
            return try soaking.run(for: time)
        }
    }
}

/// One application that is soaked.
private struct Soaking {
    private let application: SoakedApplication
    private let clients: SoakClients
    private let reloadEvery: Duration
    private let upgradeEvery: Duration?
    private var processes = [SoakedProcess()]
    private var findings = Findings()

    init(_ application: SoakedApplication, reloadEvery: Duration, upgradeEvery: Duration?) throws {
        self.application = application
        self.reloadEvery = reloadEvery
        self.upgradeEvery = upgradeEvery
        clients = SoakClients(try application.ports(), body: application.body)
    }

    private var name: String { upgradeEvery == nil ? "reloaded" : "reloaded and replaced" }

    mutating func run(for time: Duration) throws -> Findings {
        clients.start()
        do {
            try changeAllTheTime(until: .now + time)
        } catch {
            findings.lose("soak: \(name): \(error)")
        }
        let tally = clients.stop()
        findings.add(tally.findings)
        do {
            try check(tally)
        } catch {
            findings.lose("soak: \(name): \(error)")
        }
        Progress.note(
            "soak: \(name): the longest answer to a new connection took \(Int(tally.slowest / .milliseconds(1))) ms")
        return findings
    }

    private mutating func changeAllTheTime(until end: ContinuousClock.Instant) throws {
        var nextUpgrade = upgradeEvery.map { ContinuousClock.now + $0 }
        while ContinuousClock.now < end {
            let next = ContinuousClock.now + reloadEvery
            try application.reload { clients.askAnew(.moving) }
            findings.count("reloads")
            if let now = ProcessFigures(application.process) { processes[processes.count - 1].look(now) }
            if let upgradeEvery, let moment = nextUpgrade, ContinuousClock.now >= moment {
                clients.upgradeBegins()
                try application.upgrade()
                clients.upgradeIsDone()
                findings.count("upgrades")
                processes.append(SoakedProcess())
                nextUpgrade = moment + upgradeEvery
            }
            usleep(UInt32(max(0, (next - .now) / .microseconds(1))))
        }
    }

    private mutating func check(_ tally: SoakClients.Tally) throws {
        // A service that is gone too early is a loss that has been told.
        let counted = try application.stop()
        for service in SoakService.allCases where counted[service] != tally.answers[service] {
            findings.lose(
                "soak: \(name): \"\(service)\" gave \(tally.answers[service] ?? 0) answers and has counted "
                    + "\(counted[service] ?? 0)")
        }
        let problems = try application.findings() + application.log()
        if !problems.isEmpty { findings.lose("soak: \(name): \(problems)") }
        checkGrowth()
    }

    private mutating func checkGrowth() {
        for process in processes {
            guard let warm = process.warm, let end = process.end else { continue }
            for sentence in end.growth(since: warm) { findings.lose("soak: \(name): in one process \(sentence)") }
        }
        // The first process was not handed anything, so it has less.
        let ends = processes.dropFirst(min(1, processes.count - 1)).filter { $0.warm != nil }.compactMap(\.end)
        guard let first = ends.first, let last = ends.last else { return }
        let start = processes.first?.warm ?? first
        Progress.note("soak: \(name): \(start.text) when warm; \(last.text) at the end")
        for sentence in last.growth(since: first) { findings.lose("soak: \(name): over all processes \(sentence)") }
    }
}
