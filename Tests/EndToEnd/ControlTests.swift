import Glibc
import TapData
import TapTesting
import Testing

/// tapctl on a tap at rest and on one that runs: the same words, the same answers.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct ControlTests {
    private let bench: Bench

    init() async throws {
        bench = try Bench()
        try bench.folder.write("hello\n", to: "index.html")
        try await bench.done("mktap", "web", "--static", ".", "--listen", "tcp:0:interface=127.0.0.1")
    }

    @Test func statusHasTheSameKeysAtRestAndRunning() async throws {
        let keys = ["name", "tap", "revision", "running", "pid", "since", "durable", "services"]
        let resting = try await bench.json("tapctl", "status")
        #expect(resting.object?.keys == keys)
        #expect(resting["running"] == .bool(false))
        #expect(resting["pid"] == .null)
        #expect(resting["tap"] == .string(bench.folder["web.tap"]))
        #expect(resting["services", "0", "state"] == .string("stopped"))
        let served = try await bench.serve("-f", "web.tap")
        let running = try await bench.json("tapctl", "status")
        #expect(running.object?.keys == keys)
        #expect(running["pid"] == .integer(Int64(served.program.process)))
        #expect(running["durable", "revision"] == .integer(1))
        #expect(running["services", "0", "state"] == .string("running"))
        #expect(running["services", "0", "endpoints", "0"] == .string("tcp:\(served.port):interface=127.0.0.1"))
        _ = try await served.stop()
    }

    @Test(arguments: [false, true])
    func goesBackToASnapshot(whileRunning: Bool) async throws {
        let served = whileRunning ? try await bench.serve("-f", "web.tap") : nil
        #expect(
            try await bench.done("tapctl", "snapshot", "web.tap", "before")
                == "web.tap: snapshot before is revision 2\n")
        try await bench.done("mktap", "--append", "web.tap", "web", "--listen", "tcp:0:interface=127.0.0.1")
        #expect(try await bench.json("tapctl", "diff", "web.tap", "before").array?.count == 1)
        #expect(
            try await bench.done("tapctl", "rollback", "web.tap", "before")
                == "web.tap: as at before again, in revision 4\n")
        #expect(try await bench.done("tapctl", "diff", "web.tap", "before", "4") == "")
        #expect(try await bench.json("tapctl", "status")["services"]?.array?.count == 1)
        let history = try await bench.json("tapctl", "history")
        #expect(history.array?.compactMap { $0["kind"]?.string } == ["made", "snapshot", "change", "rollback"])
        #expect(
            history.array?.compactMap { $0["status"]?.string } == ["superseded", "superseded", "superseded", "active"])
        #expect(history["1", "snapshot"] == .string("before"))
        #expect(try await bench.done("tapctl", "rollback", "web.tap", "4") == "web.tap: nothing differs from 4\n")
        if let served {
            #expect(try await served.curl("/") == "hello\n\n200")
            _ = try await served.stop()
        }
        #expect(try await bench.done("tapctl", "verify") == "web.tap: no problems found\n")
    }

    @Test func countersGoBackToo() async throws {
        let served = try await bench.serve("-f", "web.tap")
        _ = try await served.curl("/")
        try await bench.done("tapctl", "snapshot", "web.tap", "one")
        _ = try await served.curl("/")
        #expect(try await bench.json("tapctl", "show", "web.tap", "web.state.counters.requests.2xx") == .integer(2))
        try await bench.done("tapctl", "rollback", "web.tap", "one", "--state", "--service", "web")
        #expect(try await bench.json("tapctl", "show", "web.tap", "web.state.counters.requests.2xx") == .integer(1))
        #expect(try await served.curl("/") == "hello\n\n200")
        _ = try await served.stop()
    }

    @Test func aServiceIsAddedWithoutDisturbingTheOthers() async throws {
        let served = try await bench.serve("-f", "web.tap")
        let line = try await bench.done("mktap", "--append", "web.tap", "web", "--listen", "tcp:0:interface=127.0.0.1")
        #expect(line == "web.tap: service web-2 added in revision 2.\n")
        let status = try await bench.json("tapctl", "status")
        #expect(status["services", "0", "endpoints", "0"] == .string("tcp:\(served.port):interface=127.0.0.1"))
        #expect(status["services", "1", "state"] == .string("running"))
        _ = try await served.stop()
    }

    @Test func aServiceThatCannotListenIsNotAdded() async throws {
        let served = try await bench.serve("-f", "web.tap")
        let outcome = try await bench.run(
            "mktap", "--append", "web.tap", "web", "--listen", "tcp:\(served.port):interface=127.0.0.1")
        #expect(outcome.status == 69)
        #expect(outcome.errors.contains("address already in use"))
        #expect(try await served.curl("/") == "hello\n\n200")
        #expect(try await bench.json("tapctl", "status")["services"]?.array?.count == 1)
        _ = try await served.stop()
    }

    @Test func aServiceThatCannotStartIsTakenBackAndMarkedFailed() async throws {
        let served = try await bench.serve("-f", "web.tap")
        let outcome = try await bench.run(
            "mktap", "--append", "web.tap", "web", "--static", "/nowhere", "--listen", "tcp:0:interface=127.0.0.1")
        #expect(outcome.status == 69)
        #expect(outcome.errors.contains("service \"web-2\": cannot open"))
        #expect(try await bench.json("tapctl", "history")["1", "status"] == .string("failed"))
        #expect(try await bench.json("tapctl", "status")["services"]?.array?.count == 1)
        #expect(try await served.curl("/") == "hello\n\n200")
        _ = try await served.stop()
        #expect(try await bench.done("tapctl", "verify") == "web.tap: no problems found\n")
    }

    @Test func stopWaitsUntilTheTapIsAtRest() async throws {
        let served = try await bench.serve("-f", "web.tap")
        #expect(try await bench.done("tapctl", "stop") == "web.tap: stopped\n")
        #expect(try await bench.json("tapctl", "status")["running"] == .bool(false))
        #expect(try await served.program.end().status == 0)
    }

    @Test func anApplicationInMemoryIsControlledThroughASocketThatIsNamed() async throws {
        let served = try await bench.serve(
            "--control", "memory.sock", "web", "--static", ".", "--listen", "tcp:0:interface=127.0.0.1")
        let status = try await bench.json("tapctl", "status", "--control", "memory.sock")
        #expect(status["tap"] == .null)
        #expect(status["running"] == .bool(true))
        try await bench.done("tapctl", "snapshot", "--control", "memory.sock", "here")
        #expect(try await bench.done("tapctl", "stop", "--control", "memory.sock") == "memory.sock: stopped\n")
        #expect(try await served.program.end().status == 0)
    }

    @Test func exportsWhatMakesAnEqualTap() async throws {
        let text = try await bench.done("tapctl", "export")
        try bench.folder.write(text, to: "export.yaml")
        try await bench.done("mktap", "--from", "export.yaml", "--output", "again.tap")
        #expect(try await bench.done("tapctl", "export", "again.tap") == text)
        let json = try await bench.done("tapctl", "export", "web.tap", "--json")
        try bench.folder.write(json, to: "export.json")
        try await bench.done("mktap", "--from", "export.json", "--output", "third.tap")
        #expect(try await bench.done("tapctl", "export", "third.tap") == text)
    }

    @Test func writesDescriptionsToo() async throws {
        let yaml = try await bench.done(
            "mktap", "--type", "yaml", "--output", "-", "web", "--static", ".", "--port", "80")
        try bench.folder.write(yaml, to: "a.yaml")
        try await bench.done("mktap", "--from", "a.yaml", "--output", "a.tap")
        #expect(try await bench.done("tapctl", "export", "a.tap") == yaml)
    }

    @Test func aPersonCanReadTheTapWithSQLite() async throws {
        let schema = try await Program.run("sqlite3", ["web.tap", ".schema"], in: bench.folder.path).output
        for table in ["revision", "application", "service", "state", "base"] {
            #expect(schema.contains("CREATE TABLE \(table) ("))
        }
        let row = try await Program.run(
            "sqlite3", ["web.tap", "SELECT path, kind, settings ->> 'listen' FROM services_now"], in: bench.folder.path)
        #expect(row.output == "web|web|tcp:0:interface=127.0.0.1\n")
    }

    @Test func onlyItsOwnerAndRootMayControlIt() async throws {
        guard geteuid() == 0 else { return }
        chmod(bench.folder.path, 0o755)
        let served = try await bench.serve("-f", "web.tap")
        chmod(bench.folder["web.sock"], 0o666)
        let outcome = try await Program.run(
            "setpriv",
            [
                "--reuid", "65534", "--clear-groups", "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}",
                "--unix-socket",
                "web.sock", "http://localhost/v1/status",
            ], in: bench.folder.path)
        #expect(outcome.output == "403")
        _ = try await served.stop()
    }
}
