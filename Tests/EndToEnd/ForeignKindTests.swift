import Glibc
import TapData
import TapTesting
import Testing

/// The sample of a kind that is a program of its own, in Python: no number is ever given twice.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct ForeignKindTests {
    private let bench: Bench

    init() async throws {
        bench = try Bench(environment: ["TAPROOM_KINDS": ForeignKinds.samples])
        try await bench.done("mktap", "counter", "--listen", "tcp:0:interface=127.0.0.1")
    }

    private func line(_ served: Served) async throws -> String { try await ForeignKinds.line(served.port) }

    @Test func givesNoNumberTwiceOverKills() async throws {
        var numbers: [String] = []
        for _ in 0..<3 {
            let served = try await bench.serve("-f", "counter.tap")
            for _ in 0..<4 { numbers.append(try await line(served)) }
            _ = try await served.stop(SIGKILL)
        }
        #expect(numbers == (1...12).map { "Your number is \($0)" })
        let state = try await bench.json("tapctl", "show", "counter.tap", "counter.state")
        #expect(state["number"] == .integer(12))
        #expect(try await bench.done("tapctl", "verify", "counter.tap") == "counter.tap: no problems found\n")
    }

    @Test func remembersOverACleanStop() async throws {
        let served = try await bench.serve("-f", "counter.tap")
        for _ in 0..<3 { _ = try await line(served) }
        #expect(try await served.stop().status == 0)
        let state = try await bench.json("tapctl", "show", "counter.tap", "counter.state")
        // Rows by the clients' addresses, which are stored later than at once.
        #expect(state["visits", "127.0.0.1"] == .integer(3))
    }

    @Test func takesOtherSettingsWhileItRuns() async throws {
        let served = try await bench.serve("-f", "counter.tap")
        _ = try await line(served)
        let changed = try await bench.done(
            "tapctl", "set", "counter.tap", "counter.greeting=Hello", "counter.step=10")
        #expect(changed.contains("counter: live change"))
        #expect(try await line(served) == "Hello 11")
        // What the program refuses changes nothing.
        let refused = try await bench.run("tapctl", "set", "counter.tap", "counter.greeting=\"a\\nb\"")
        #expect(refused.status == 69)
        #expect(
            refused.errors
                == "tapctl: service \"counter\": the program does not take these settings: the greeting must be one line.\n"
        )
        #expect(try await line(served) == "Hello 21")
        _ = try await served.stop()
    }

    @Test func movesToAnotherEndpointWithWhatItRemembers() async throws {
        let served = try await bench.serve("-f", "counter.tap")
        _ = try await line(served)
        try await bench.done("tapctl", "set", "counter.tap", "counter.listen=unix:\(bench.folder["s"])")
        #expect(try await ForeignKinds.line(.unix(path: bench.folder["s"])) == "Your number is 2")
        _ = try await served.stop()
    }

    @Test func goesBackAndForthWithRollbacksWhileItRuns() async throws {
        let served = try await bench.serve("-f", "counter.tap")
        for _ in 0..<3 { _ = try await line(served) }
        try await bench.done("tapctl", "snapshot", "counter.tap", "three")
        for _ in 0..<3 { _ = try await line(served) }
        try await bench.done("tapctl", "rollback", "counter.tap", "three", "--state")
        #expect(try await line(served) == "Your number is 4")
        _ = try await served.stop()
    }

    @Test func isStartedAgainByItsPolicy() async throws {
        try bench.folder.write(
            """
            taproom: 1
            services:
            - kind: counter
              listen: tcp:0:interface=127.0.0.1
              restart: {policy: onFailure, delay: 10ms}
            """, to: "site.yaml")
        let served = try await bench.serve("-y", "site.yaml")
        #expect(try await line(served) == "Your number is 1")
        kill(try await ForeignKinds.child(of: served.program.process), SIGKILL)
        // The socket is the runner's: whoever connects meanwhile waits, and is answered.
        #expect(try await line(served) == "Your number is 2")
        let status = try await bench.json("tapctl", "status", "site.tap")
        #expect(status["services", "0", "restarts"] == .integer(1))
        let end = try await served.stop()
        #expect(end.output.contains("counter.py was ended by the signal 9"))
    }

    @Test func itsFiguresAreShownWithThoseOfOthers() async throws {
        let served = try await bench.serve("-f", "counter.tap")
        _ = try await line(served)
        let metrics = try await Program.run(
            "curl", ["-s", "--unix-socket", "counter.sock", "http://localhost/metrics"], in: bench.folder.path)
        #expect(metrics.output.contains("counter_clients_total{service=\"counter\"} 1\n"))
        _ = try await served.stop()
    }

    @Test func helpAndSchemaComeFromTheManifest() async throws {
        let help = try await bench.done("mktap", "counter", "--help")
        #expect(help.contains("--step <step>           How far the numbers are apart. From 1 to 1000.\n"))
        let schema = try JSONReader.read(try await bench.done("tapctl", "schema", "counter")).datum
        #expect(schema["properties", "step", "maximum"] == .integer(1000))
        let all = try JSONReader.read(try await bench.done("tapctl", "schema")).datum
        #expect(all["$defs", "kind-counter"] != nil)
    }

    @Test(
        arguments: [
            (["--step", "0"], "--step must be from 1 to 1000, but is 0."),
            (["--stepp", "1"], "unknown option '--stepp'. Did you mean '--step'?"),
            (["--port", "x"], "--port must be a number from 0 to 65535, but is \"x\"."),
            (["--greeting"], "the option '--greeting' needs a value."), (["x"], "unexpected argument 'x'."),
        ] as [([String], String)])
    func mistakesOnTheCommandLineAreTold(_ words: [String], _ problem: String) async throws {
        let outcome = try await bench.run("mktap", ["--output", "other.tap", "counter"] + words)
        #expect(outcome.status == 64)
        #expect(outcome.errors == "mktap: \(problem) See 'mktap counter --help'.\n")
    }

    @Test func mistakesInADescriptionAreToldAtTheirPlaces() async throws {
        let text = "taproom: 1\nservices:\n- kind: counter\n  step: 0\n  greting: Hello\n- kind: conter\n"
        try bench.folder.write(text, to: "site.yaml")
        let outcome = try await bench.run("mktap", "--from", "site.yaml")
        #expect(outcome.status == 65)
        #expect(
            outcome.errors == """
                mktap: site.yaml:4:9: services[0].step must be from 1 to 1000, but is 0.
                mktap: site.yaml:5:3: services[0].greting is not known here. Did you mean "greeting"?
                mktap: site.yaml:6:9: services[1].kind no kind is called "conter". Did you mean "counter"?

                """)
    }
}

/// What tests of foreign kinds use.
enum ForeignKinds {
    /// The folder of the sample.
    static let samples: String = {
        let parts = #filePath.split(separator: "/").dropLast(3)
        return "/" + parts.joined(separator: "/") + "/samples/Foreign"
    }()

    /// The line that a client is given.
    static func line(_ port: Int) async throws -> String { try await line(.tcp(host: "127.0.0.1", port: UInt16(port))) }

    static func line(_ address: TestAddress) async throws -> String {
        let bytes = try await TestConnection(to: address).receiveAll()
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").joined(separator: "|")
    }

    /// The one process that another one has started.
    static func child(of process: Int32) async throws -> Int32 {
        let found = try await Program.run("pgrep", ["-P", "\(process)"], in: "/")
        guard let child = Int32(found.output.split(separator: "\n").first ?? "") else {
            throw TestFailure("\(process) has no child: \(found)")
        }
        return child
    }
}
