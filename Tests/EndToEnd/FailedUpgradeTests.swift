import Glibc
import TapData
import TapTesting
import Testing

/// A new program that can't take over: the old one goes on as if nothing had been.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct FailedUpgradeTests {
    private let bench: Bench

    init() throws {
        bench = try Bench()
        try bench.folder.write("hello\n", to: "site/index.html")
        try bench.folder.makeFolder("bin")
        try describe()
    }

    private func describe(_ more: String = "") throws {
        try bench.folder.write(
            """
            taproom: 1
            services:
            - {name: web, kind: web, listen: "tcp:0:interface=127.0.0.1", static: site}
            \(more)
            """, to: "site.yaml")
    }

    /// Has another program stand where the first was started from.
    private func install(_ program: String) throws {
        unlink(bench.folder["bin/tapd"])
        try bench.folder.link("bin/tapd", to: "\(Bench.programs)/\(program)")
    }

    private func install(script: String) throws {
        unlink(bench.folder["bin/tapd"])
        try bench.folder.write("#!/bin/sh\n\(script)\n", to: "bin/tapd")
        chmod(bench.folder["bin/tapd"], 0o755)
    }

    /// Starts the application, has an upgrade fail, and finds all as it was.
    private func fail(
        _ status: Int32, _ problem: String, sourceLocation: SourceLocation = #_sourceLocation,
        byWayOf change: () throws -> Void
    ) async throws {
        try install("tapd")
        let program = try Program(bench.folder["bin/tapd"], ["-y", "site.yaml"], in: bench.folder.path)
        let served = try await Served(program: program, line: program.line(containing: " serving "))
        let client = try served.connect()
        #expect(try await client.page() == "hello\n")
        try change()
        let outcome = try await bench.run("tapctl", "upgrade", "site.tap")
        #expect(outcome.status == status, sourceLocation: sourceLocation)
        #expect(
            outcome.errors.hasPrefix("tapctl: \(problem)")
                && outcome.errors.hasSuffix(". The program that was running goes on.\n"),
            "\(outcome.errors)", sourceLocation: sourceLocation)
        let line = try await program.line(containing: " error: no upgrade ")
        #expect(line.contains("upgrade error="), sourceLocation: sourceLocation)
        let report = try await bench.json("tapctl", "status", "site.tap")
        #expect(report["pid"] == .integer(Int64(program.process)), sourceLocation: sourceLocation)
        #expect(report["services", "0", "state"] == .string("running"), sourceLocation: sourceLocation)
        #expect(try await served.curl("/") == "hello\n\n200", sourceLocation: sourceLocation)
        let counted = try await bench.json("tapctl", "show", "site.tap", "web.state.counters.requests.2xx")
        #expect(counted == .integer(2), sourceLocation: sourceLocation)
        // Of the attempt there is no more than a snapshot.
        let kinds = try await bench.json("tapctl", "history", "site.tap").array?.map { $0["kind"]?.string }
        #expect(Set(kinds ?? []).isSubset(of: ["made", "snapshot"]), sourceLocation: sourceLocation)
        // And a good one takes over afterwards.
        try install("tapd")
        try describe()
        try await bench.done("tapctl", "upgrade", "site.tap")
        let successor = try await bench.runner(of: "site.tap")
        #expect(successor.process != program.process, sourceLocation: sourceLocation)
        #expect(try await served.curl("/") == "hello\n\n200", sourceLocation: sourceLocation)
        try await bench.done("tapctl", "stop", "site.tap")
        #expect(try await program.end().status == 0, sourceLocation: sourceLocation)
    }

    @Test func aProgramThatIsGone() async throws {
        let path = bench.folder["bin/tapd"]
        try await fail(
            69, "the application can't be handed to a new program: \(path): no such file or directory"
        ) { unlink(path) }
    }

    @Test func aProgramThatIsNone() async throws {
        try await fail(70, "the new program did not take over: it could not be executed") {
            unlink(bench.folder["bin/tapd"])
            try bench.folder.write("no program", to: "bin/tapd")
            chmod(bench.folder["bin/tapd"], 0o755)
        }
    }

    @Test func aProgramThatEnds() async throws {
        try await fail(70, "the new program did not take over: it ended with the status 3") {
            try install(script: "exit 3")
        }
    }

    @Test func aProgramThatIsKilled() async throws {
        try await fail(70, "the new program did not take over: it was ended by signal 9 (Killed)") {
            try install(script: "kill -9 $$")
        }
    }

    @Test func aProgramThatIsKilledWhileItTakesOver() async throws {
        // It can look at everything and dies, by SIGXFSZ, of the first change it makes in the tap.
        try await fail(70, "the new program did not take over: it was ended by signal 25 (File size limit exceeded)") {
            try install(script: "ulimit -c 0; ulimit -f 0; exec \"\(Bench.programs)/tapd\" \"$@\"")
        }
    }

    @Test func aProgramThatDoesNotKnowTheKind() async throws {
        try await fail(65, "the new program did not take over: site.yaml:3:") {
            try install(script: "exec \"\(Bench.programs)/fibonacci\" tapd \"$@\"")
        }
    }

    @Test func aDescriptionThatIsBroken() async throws {
        try await fail(65, "the new program did not take over: site.yaml:4:3: ") { try describe("  sttic: none") }
    }

    @Test func aDescriptionWithAPortThatIsBusy() async throws {
        let other = try await bench.serve("web", "--listen", "tcp:0:interface=127.0.0.1")
        let busy = "tcp:\(other.port):interface=127.0.0.1"
        // That one stood in the way after the tap had changed hands: what it made of the description is taken back.
        try install("tapd")
        let program = try Program(bench.folder["bin/tapd"], ["-y", "site.yaml"], in: bench.folder.path)
        let served = try await Served(program: program, line: program.line(containing: " serving "))
        try describe("- {name: more, kind: web, listen: \"\(busy)\", static: site}")
        let outcome = try await bench.run("tapctl", "upgrade", "site.tap")
        #expect(outcome.status == 69)
        #expect(outcome.errors.contains("service \"more\": cannot listen on \(busy): address already in use"))
        #expect(try await served.curl("/") == "hello\n\n200")
        #expect(try await bench.statuses(of: "site.tap") == ["active", "failed"])
        #expect(try await bench.json("tapctl", "status", "site.tap")["services"]?.array?.count == 1)
        #expect(try await served.stop().status == 0)
        #expect(try await bench.done("tapctl", "verify", "site.tap") == "site.tap: no problems found\n")
        _ = try await other.stop()
    }
}
