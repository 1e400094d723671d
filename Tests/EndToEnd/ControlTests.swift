import Glibc
import TapData
import TapTesting
import Testing

/// tapctl on a tap at rest and on one that runs: the same words, the same answers.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct ControlTests {
    private let bench: Bench

    init() throws {
        bench = try Bench()
        try bench.folder.write("hello\n", to: "index.html")
        try bench.done("mktap", "web", "--static", ".", "--listen", "tcp:0:interface=127.0.0.1")
    }

    @Test func statusHasTheSameKeysAtRestAndRunning() throws {
        let keys = ["name", "tap", "revision", "running", "pid", "since", "durable", "services"]
        let resting = try bench.json("tapctl", "status")
        #expect(resting.object?.keys == keys)
        #expect(resting["running"] == .bool(false))
        #expect(resting["pid"] == .null)
        #expect(resting["services", "0", "state"] == .string("stopped"))
        let served = try bench.serve("-f", "web.tap")
        let running = try bench.json("tapctl", "status")
        #expect(running.object?.keys == keys)
        #expect(running["pid"] == .integer(Int64(served.program.process)))
        #expect(running["durable", "revision"] == .integer(1))
        #expect(running["services", "0", "state"] == .string("running"))
        #expect(running["services", "0", "endpoints", "0"] == .string("tcp:\(served.port):interface=127.0.0.1"))
        _ = try served.stop()
    }

    @Test(arguments: [false, true])
    func goesBackToASnapshot(whileRunning: Bool) throws {
        let served = whileRunning ? try bench.serve("-f", "web.tap") : nil
        #expect(try bench.done("tapctl", "snapshot", "web.tap", "before") == "web.tap: snapshot before is revision 2\n")
        try bench.done("mktap", "--append", "web.tap", "web", "--listen", "tcp:0:interface=127.0.0.1")
        #expect(try bench.json("tapctl", "diff", "web.tap", "before").array?.count == 1)
        #expect(
            try bench.done("tapctl", "rollback", "web.tap", "before") == "web.tap: as at before again, in revision 4\n")
        #expect(try bench.done("tapctl", "diff", "web.tap", "before", "4") == "")
        #expect(try bench.json("tapctl", "status")["services"]?.array?.count == 1)
        let history = try bench.json("tapctl", "history")
        #expect(history.array?.compactMap { $0["kind"]?.string } == ["made", "snapshot", "change", "rollback"])
        #expect(
            history.array?.compactMap { $0["status"]?.string } == ["superseded", "superseded", "superseded", "active"])
        #expect(history["1", "snapshot"] == .string("before"))
        #expect(try bench.done("tapctl", "rollback", "web.tap", "4") == "web.tap: nothing differs from 4\n")
        if let served {
            #expect(try served.curl("/") == "hello\n\n200")
            _ = try served.stop()
        }
        #expect(try bench.done("tapctl", "verify") == "web.tap: no problems found\n")
    }

    @Test func countersGoBackToo() throws {
        let served = try bench.serve("-f", "web.tap")
        _ = try served.curl("/")
        try bench.done("tapctl", "snapshot", "web.tap", "one")
        _ = try served.curl("/")
        #expect(try bench.json("tapctl", "show", "web.tap", "web.state.counters.requests.2xx") == .integer(2))
        try bench.done("tapctl", "rollback", "web.tap", "one", "--state", "--service", "web")
        #expect(try bench.json("tapctl", "show", "web.tap", "web.state.counters.requests.2xx") == .integer(1))
        #expect(try served.curl("/") == "hello\n\n200")
        _ = try served.stop()
    }

    @Test func aServiceIsAddedWithoutDisturbingTheOthers() throws {
        let served = try bench.serve("-f", "web.tap")
        let line = try bench.done("mktap", "--append", "web.tap", "web", "--listen", "tcp:0:interface=127.0.0.1")
        #expect(line == "web.tap: service web-2 added in revision 2.\n")
        let status = try bench.json("tapctl", "status")
        #expect(status["services", "0", "endpoints", "0"] == .string("tcp:\(served.port):interface=127.0.0.1"))
        #expect(status["services", "1", "state"] == .string("running"))
        _ = try served.stop()
    }

    @Test func aServiceThatCannotListenIsNotAdded() throws {
        let served = try bench.serve("-f", "web.tap")
        let outcome = try bench.run(
            "mktap", "--append", "web.tap", "web", "--listen", "tcp:\(served.port):interface=127.0.0.1")
        #expect(outcome.status == 69)
        #expect(outcome.errors.contains("address already in use"))
        #expect(try served.curl("/") == "hello\n\n200")
        #expect(try bench.json("tapctl", "status")["services"]?.array?.count == 1)
        _ = try served.stop()
    }

    @Test func aServiceThatCannotStartIsTakenBackAndMarkedFailed() throws {
        let served = try bench.serve("-f", "web.tap")
        let outcome = try bench.run(
            "mktap", "--append", "web.tap", "web", "--static", "/nowhere", "--listen", "tcp:0:interface=127.0.0.1")
        #expect(outcome.status == 69)
        #expect(outcome.errors.contains("service \"web-2\": cannot open"))
        #expect(try bench.json("tapctl", "history")["1", "status"] == .string("failed"))
        #expect(try bench.json("tapctl", "status")["services"]?.array?.count == 1)
        #expect(try served.curl("/") == "hello\n\n200")
        _ = try served.stop()
        #expect(try bench.done("tapctl", "verify") == "web.tap: no problems found\n")
    }

    @Test func stopWaitsUntilTheTapIsAtRest() throws {
        let served = try bench.serve("-f", "web.tap")
        #expect(try bench.done("tapctl", "stop") == "web.tap: stopped\n")
        #expect(try bench.json("tapctl", "status")["running"] == .bool(false))
        #expect(try served.program.end().status == 0)
    }

    @Test func exportsWhatMakesAnEqualTap() throws {
        let text = try bench.done("tapctl", "export")
        try bench.folder.write(text, to: "export.yaml")
        try bench.done("mktap", "--from", "export.yaml", "--output", "again.tap")
        #expect(try bench.done("tapctl", "export", "again.tap") == text)
        try bench.folder.write(try bench.done("tapctl", "export", "web.tap", "--json"), to: "export.json")
        try bench.done("mktap", "--from", "export.json", "--output", "third.tap")
        #expect(try bench.done("tapctl", "export", "third.tap") == text)
    }

    @Test func writesDescriptionsToo() throws {
        let yaml = try bench.done("mktap", "--type", "yaml", "--output", "-", "web", "--static", ".", "--port", "80")
        try bench.folder.write(yaml, to: "a.yaml")
        try bench.done("mktap", "--from", "a.yaml", "--output", "a.tap")
        #expect(try bench.done("tapctl", "export", "a.tap") == yaml)
    }

    @Test func aPersonCanReadTheTapWithSQLite() throws {
        let schema = try Program.run("sqlite3", ["web.tap", ".schema"], in: bench.folder.path).output
        for table in ["revision", "application", "service", "state", "base"] {
            #expect(schema.contains("CREATE TABLE \(table) ("))
        }
        let row = try Program.run(
            "sqlite3", ["web.tap", "SELECT path, kind, settings ->> 'listen' FROM services_now"], in: bench.folder.path)
        #expect(row.output == "web|web|tcp:0:interface=127.0.0.1\n")
    }

    @Test func onlyItsOwnerAndRootMayControlIt() throws {
        guard geteuid() == 0 else { return }
        chmod(bench.folder.path, 0o755)
        let served = try bench.serve("-f", "web.tap")
        chmod(bench.folder["web.sock"], 0o666)
        let outcome = try Program.run(
            "setpriv",
            [
                "--reuid", "65534", "--clear-groups", "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}",
                "--unix-socket",
                "web.sock", "http://localhost/v1/status",
            ], in: bench.folder.path)
        #expect(outcome.output == "403")
        _ = try served.stop()
    }
}

extension Datum {
    fileprivate var array: [Datum]? {
        if case .array(let elements) = self { elements } else { nil }
    }
}
