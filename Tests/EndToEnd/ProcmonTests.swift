import Glibc
import TapData
import TapTesting
import Testing

/// Programs that are watched, with the real tools.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct ProcmonTests {
    private let bench: Bench

    init() async throws {
        bench = try Bench()
        let worker = "echo $$ >number.tmp; mv number.tmp number; exec sleep 1000"
        try bench.folder.write(
            """
            taproom: 1
            name: work
            services:
            - name: backends
              kind: group
              services:
              - {name: worker, kind: procmon, command: [/bin/sh, -c, "\(worker)"], folder: "\(bench.folder.path)"}

            """, to: "work.yaml")
        try await bench.done("mktap", "--from", "work.yaml", "-o", "work.tap")
    }

    private func number() async -> Int32 {
        let number = await bench.folder.number(in: "number")
        unlink(bench.folder["number"])
        return number
    }

    private func starts() async throws -> Int64? {
        try await bench.json("tapctl", "show", "work.tap", "backends/worker.state.history.starts").integer
    }

    @Test func oneProgramIsRestartedAndChanged() async throws {
        let served = try await bench.serve("-f", "work.tap")
        let first = await number()
        try await bench.done("tapctl", "set", "work.tap", "backends/worker.killtime=1s")
        #expect(isAlive(first))
        try await bench.done("tapctl", "restart", "work.tap", "backends/worker")
        let second = await number()
        #expect(first != second)
        // The new one waits for the end of the old one.
        #expect(!isAlive(first))
        try await bench.done("tapctl", "set", "work.tap", "backends/worker.environment={A: b}")
        let third = await number()
        #expect(!isAlive(second))
        #expect(text(of: "/proc/\(third)/environ").contains("A=b"))
        #expect(try await served.stop().status == 0)
        #expect(!isAlive(third))
        #expect(try await starts() == 3)
    }

    @Test func programsEndWithATapdThatIsKilled() async throws {
        let served = try await bench.serve("-f", "work.tap")
        let first = await number()
        served.program.signal(SIGKILL)
        _ = try await served.program.end()
        waitForEnd(of: first)
        let again = try await bench.serve("-f", "work.tap")
        let second = await number()
        #expect(try await again.stop().status == 0)
        #expect(!isAlive(second))
    }

    @Test func anUpgradeStartsProgramsAgain() async throws {
        let served = try await bench.serve("-f", "work.tap")
        let first = await number()
        try await bench.done("tapctl", "upgrade", "work.tap")
        let second = await number()
        waitForEnd(of: first)
        #expect(isAlive(second))
        waitForEnd(of: served.program.process)
        try await bench.runner(of: "work.tap").stop()
        waitForEnd(of: second)
        #expect(try await starts() == 2)
    }

    @Test func aProgramThatTakesLongToEndRunsBesideTheOneOfTheNextTapd() async throws {
        let worker = "trap '' TERM; echo $$ >number.tmp; mv number.tmp number; while [ ! -e end ]; do sleep 0.1; done"
        let folder = bench.folder.path
        try await bench.done(
            "mktap", "-o", "slow.tap", "procmon", "--folder", folder, "-k", "60", "/bin/sh", "-c", worker)
        let served = try await bench.serve("-f", "slow.tap")
        let first = await number()
        try await bench.done("tapctl", "upgrade", "slow.tap")
        let second = await number()
        #expect(isAlive(first) && isAlive(second))
        try bench.folder.write("", to: "end")
        waitForEnd(of: first)
        waitForEnd(of: served.program.process)
        try await bench.runner(of: "slow.tap").stop()
        waitForEnd(of: second)
    }

    @Test func mktapTakesACommand() async throws {
        let line = try await bench.done("mktap", "procmon", "-t", "2", "--folder", ".", "sleep", "1000")
        #expect(line.hasPrefix("procmon.tap: "))
        let shown = try await bench.json("tapctl", "export", "procmon.tap")
        #expect(shown["services", "0", "command", "0"]?.string == "sleep")
        #expect(shown["services", "0", "threshold"]?.string == "2s")
    }

    @Test func onlyRootRunsProgramsAsSomebodyElse() async throws {
        try await bench.done("mktap", "-n", "other", "procmon", "--user", "daemon", "sleep", "1000")
        chmod(bench.folder.path, 0o777)
        chmod(bench.folder["other.tap"], 0o666)
        guard geteuid() == 0 else {
            let outcome = try await bench.run("tapd", "-f", "other.tap")
            #expect(outcome.errors.contains("cannot run a program as the user daemon: this process runs as"))
            return
        }
        let outcome = try await bench.run("tapd", "-f", "other.tap", "-u", "nobody", "-o")
        #expect(outcome.status == 69)
        #expect(outcome.errors.contains("cannot run a program as the user daemon: this process runs as nobody"))
        let served = try await bench.serve("-f", "other.tap")
        let shown = try await bench.shell("pgrep -P \(served.program.process) -u daemon -x sleep")
        #expect(shown.status == 0, "\(shown)")
        #expect(try await served.stop().status == 0)
    }
}
