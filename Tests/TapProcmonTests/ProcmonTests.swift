import ArgumentParser
import Glibc
import ServiceLifecycle
import TapProcess
import TapTesting
import Taproom
import Testing

@testable import TapProcmon

@Suite(.timeLimit(.minutes(5)))
struct ProcmonTests {
    let folder: TemporaryFolder
    let log = RecordedLog()

    init() throws { folder = try TemporaryFolder() }

    @Test func isAGoodKind() throws {
        var settings = shell("exit", in: folder)
        settings.rerun = .onFailure
        settings.stopSignal = .USR1
        settings.health.command = ["/bin/true"]
        settings.secrets = ["TOKEN": Secret(.environment(name: "TOKEN"))]
        try KindConformance.check(Procmon.self, samples: [settings])
    }

    @Test func startsAProgramAgainAndRemembersIt() async throws {
        let state = TestState()
        for _ in 0..<2 {
            try await withService(Procmon.self, settings: shell("echo x >>runs; exit 3", in: folder), state: state) {
                _ in
                _ = await folder.lines((folder.contents("runs") ?? "").utf8.count / 2 + 3, in: "runs")
            }
        }
        let history = try await state.value(Procmon.history)
        #expect(history.starts >= 6)
        #expect(history.restarts >= 4 && history.restarts == history.starts - 2)
        #expect(history.lastEndings.count > 4 && history.lastEndings.count <= ProgramHistory.endings)
        #expect(history.lastEndings.first?.status == 3)
        #expect(history.failures > 0)
    }

    @Test func logsWhatItWrites() async throws {
        let words = "echo to-output; echo to-errors >&2; printf 'without end'; exec sleep 1000"
        try await withService(Procmon.self, settings: shell(words, in: folder), logger: log.logger) { _ in
            await log.contains("to-output")
            await log.contains("to-errors")
        }
        #expect(log.text.contains("info: standard output [\"text\": to-output]"))
        #expect(log.text.contains("warning: standard error [\"text\": to-errors]"))
        await log.contains("without end")
    }

    @Test func aFloodNeverStopsAProgram() async throws {
        let words = "yes flood | head -n 500000; touch done; exec sleep 1000"
        try await withService(Procmon.self, settings: shell(words, in: folder), logger: log.logger) { _ in
            while folder.contents("done") == nil, !Task.isCancelled { await Task.yield() }
        }
        #expect(log.text.contains("writes too many lines"))
        await log.contains("were left out")
        #expect(log.text.split(separator: "text\": flood").count < 50_000)
    }

    @Test func asksAProgramToEnd() async throws {
        let words =
            "trap 'echo bye >>said; exit 0' TERM; echo $$ >number.tmp; mv number.tmp number; while :; do sleep 0.05; done"
        let state = TestState()
        var process: Int32 = 0
        try await withService(Procmon.self, settings: shell(words, in: folder), state: state) { _ in
            process = await folder.number(in: "number")
        }
        #expect(folder.contents("said") == "bye\n")
        #expect(kill(process, 0) < 0)
        let ending = try #require(try await state.value(Procmon.history).lastEndings.last)
        #expect((ending.status, ending.reason) == (0, "stopped"))
    }

    @Test func killsWhatDoesNotEndWithAllItHasStarted() async throws {
        let words = """
            trap '' TERM; sleep 1000 & echo $! >child.tmp; mv child.tmp child
            while :; do sleep 1000; done
            """
        var settings = shell(words, in: folder)
        settings.killtime = TimeSpan(milliseconds: 50)
        let state = TestState()
        var child: Int32 = 0
        try await withService(Procmon.self, settings: settings, state: state) { _ in
            child = await folder.number(in: "child")
        }
        await hasEnded(child)
        #expect(try await state.value(Procmon.history).lastEndings.last?.signal == "KILL")
    }

    @Test func renewsAProgramThatIsNotWell() async throws {
        var settings = shell("echo x >>runs; exec sleep 1000", in: folder)
        settings.health.command = ["/bin/sh", "-c", "test $(wc -l <runs) -gt 1"]
        settings.health.every = TimeSpan(milliseconds: 20)
        settings.health.timeout = TimeSpan(seconds: 60)
        settings.health.failures = 2
        let state = TestState()
        try await withService(Procmon.self, settings: settings, state: state, logger: log.logger) { _ in
            _ = await folder.lines(2, in: "runs")
        }
        let endings = try await state.value(Procmon.history).lastEndings
        #expect(endings.first?.reason == "not well" && endings.first?.signal == "TERM")
        #expect(log.text.contains("a program is not well"))
    }

    @Test func anAnswerThatTakesTooLongIsAFailure() async throws {
        var settings = shell("echo x >>runs; exec sleep 1000", in: folder)
        settings.health.command = ["/bin/sh", "-c", "test $(wc -l <runs) -gt 1 || sleep 1000"]
        settings.health.every = TimeSpan(milliseconds: 20)
        settings.health.timeout = TimeSpan(milliseconds: 50)
        settings.health.failures = 1
        try await withService(Procmon.self, settings: settings) { _ in _ = await folder.lines(2, in: "runs") }
    }

    @Test func aProgramThatIsDoneEndsTheService() async throws {
        var settings = shell("exit 5", in: folder)
        settings.rerun = .never
        settings.expected = [5]
        // Which is a failure for this group of services, and none for tapd.
        await #expect(throws: ServiceGroupError.self) {
            try await withService(Procmon.self, settings: settings, logger: log.logger) { _ in
                await log.contains("program ended")
            }
        }
    }

    @Test func aProgramThatHasFailedForGoodFailsTheService() async throws {
        var settings = shell("exit 5", in: folder)
        settings.rerun = .never
        let error = await #expect(throws: ProcmonError.self) {
            try await withService(Procmon.self, settings: settings, logger: log.logger) { _ in
                await log.contains("program ended")
            }
        }
        #expect(error.map { "\($0)" } == "the program /bin/sh ended with the status 5, and is not to be started again")
    }

    @Test func saysWhatIsMissingBeforeAnythingStarts() async throws {
        var settings = shell("", in: folder)
        settings.command = ["no-such-program"]
        settings.environment = ["PATH": "/nowhere"]
        func problem() async -> String {
            do {
                try await withService(Procmon.self, settings: settings) { _ in }
                return ""
            } catch { return "\(error)" }
        }
        #expect(
            await problem()
                == "cannot find an executable program \"no-such-program\" in /nowhere. Name it by its path, or set PATH in environment"
        )
        settings.command = ["./none"]
        #expect(await problem() == "cannot find an executable program \(folder.path)/./none")
        settings.folder = LocalPath("/no/such/folder")
        #expect(await problem() == "cannot work in the folder /no/such/folder: no such file or directory")
        settings.user = "no-such-user"
        #expect(await problem() == "there is no user \"no-such-user\" on this machine")
    }

    @Test func programsGetWhatTheSettingsSay() async throws {
        try folder.write("hush\n", to: "token")
        chmod(folder["token"], 0o600)
        var settings = shell("umask; ulimit -n; echo $A $TOKEN $NOTIFY_SOCKET; echo end; exec sleep 1000", in: folder)
        settings.environment = ["A": "a"]
        settings.secrets = ["TOKEN": Secret(.file(LocalPath(folder["token"])))]
        settings.umask = "027"
        settings.limits.files = 64
        try await withService(Procmon.self, settings: settings, logger: log.logger) { _ in
            await log.contains("text\": end")
        }
        for line in ["0027", "64", "a hush"] { #expect(log.text.contains("[\"text\": \(line)]"), "\(line)") }
    }

    @Test func refusesSettingsThatCanNotBe() {
        var settings = ProcmonSettings()
        #expect(settings.problems().map(\.key) == ["command"])
        settings.command = ["a"]
        settings.minimumDelay = TimeSpan(seconds: 9)
        settings.maximumDelay = TimeSpan(seconds: 8)
        settings.umask = "888"
        settings.expected = [256]
        settings.environment = ["A=": "", "B": ""]
        settings.secrets = ["B": Secret(.environment(name: "B"))]
        settings.health.failures = 0
        settings.limits.files = 1
        settings.output.lineBytes = 0
        #expect(
            settings.problems().map(\.key) == [
                "maximumDelay", "umask", "expected", "environment", "secrets", "limits.files", "output.lineBytes",
                "health.failures",
            ])
    }

    @Test func optionsAreThoseOfTheOriginal() throws {
        let words = [
            "-t", "2", "-k", "0.5", "-m", "500ms", "-M", "1m", "--env", "A=b=c", "/bin/worker", "-t", "--", "x",
        ]
        let settings = try ProcmonOptions.parse(words).settings()
        #expect(settings.command == ["/bin/worker", "-t", "--", "x"])
        #expect(settings.threshold == TimeSpan(seconds: 2) && settings.killtime == TimeSpan(milliseconds: 500))
        #expect(settings.minimumDelay == TimeSpan(milliseconds: 500) && settings.maximumDelay == TimeSpan(seconds: 60))
        #expect(settings.environment == ["A": "b=c"])
        #expect(try ProcmonOptions.parse(["--", "sh", "-c", "x"]).settings().command == ["sh", "-c", "x"])
        #expect(try ProcmonOptions.parse(["./x"]).settings().command == [LocalPath(argument: "./x")?.text])
        #expect(throws: (any Error).self) { try ProcmonOptions.parse([]).settings() }
        #expect(throws: (any Error).self) { try ProcmonOptions.parse(["-t", "soon", "x"]).settings() }
    }

    @Test func timesChangeWhileItRuns() {
        let old = shell("", in: folder)
        var new = old
        new.killtime = TimeSpan(seconds: 9)
        new.threshold = TimeSpan(seconds: 9)
        new.health.every = TimeSpan(seconds: 9)
        #expect(Procmon.canReconfigure(from: old, to: new))
        new.command += ["more"]
        #expect(!Procmon.canReconfigure(from: old, to: new))
    }
}
