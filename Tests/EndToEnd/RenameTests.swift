import TapData
import TapTesting
import Testing

/// Services that a description renames while they run.
@Suite(.timeLimit(.minutes(5)))
struct RenameTests {
    private let bench: Bench

    init() async throws {
        bench = try Bench()
        for name in ["one", "two"] { try bench.folder.write("\(name)\n", to: "\(name)/index.html") }
        try describe("first")
    }

    private func describe(_ name: String, was: String? = nil, folder: String = "one") throws {
        try bench.folder.write(
            """
            taproom: 1
            name: site
            services:
              - name: \(name)
                kind: web
                listen: "tcp:0:interface=127.0.0.1"
                static: \(bench.folder[folder])
            \(was.map { "    was: \($0)\n" } ?? "")
            """, to: "site.yaml")
    }

    /// How many pages a service has answered with, before it was renamed too.
    private func answers(_ service: String) async throws -> Int64? {
        try await bench.json("tapctl", "show", "site.tap", "\(service).state.counters.requests.2xx").integer
    }

    @Test func aServiceThatTheFileRenamesKeepsItsPortAndState() async throws {
        try await bench.done("mktap", "--from", "site.yaml")
        let served = try await bench.serve("-f", "site.tap")
        #expect(try await served.curl("/") == "one\n\n200")
        try describe("better", was: "first")
        let plan = try await bench.done("tapctl", "plan", "site.tap", "site.yaml")
        #expect(plan.hasPrefix("better (was first): restart\n"))
        try await bench.done("tapctl", "apply", "site.tap", "site.yaml")
        #expect(try await served.curl("/") == "one\n\n200")
        #expect(try await answers("better") == 2)
        #expect(try await bench.done("tapctl", "apply", "site.tap", "site.yaml") == "site.tap: nothing to change\n")
        #expect(try await served.stop().status == 0)
    }

    /// Puts the description in place of all that runs, and answers what came of it.
    private func put() async throws -> Datum {
        let outcome = try await Program.run(
            "curl",
            [
                "-s", "--max-time", "60", "--unix-socket", "site.sock", "-X", "PUT", "-H",
                "Content-Type: application/yaml", "--data-binary", "@site.yaml", "http://localhost/v1/application",
            ], in: bench.folder.path)
        return try JSONReader.read(outcome.output).datum
    }

    @Test func aDescriptionThatReplacesAllKeepsThemTooHoweverOftenItComes() async throws {
        try await bench.done("mktap", "--from", "site.yaml")
        let served = try await bench.serve("-f", "site.tap")
        let client = try served.connect()
        #expect(try await client.page() == "one\n")
        try describe("better", was: "first")
        #expect(try await put()["revision"] == .integer(2))
        #expect(try await served.curl("/") == "one\n\n200")
        #expect(try await put()["revision"] == .null)
        try describe("better", was: "first", folder: "two")
        let outcome = try await put()
        #expect(outcome["revision"] == .integer(3))
        #expect(outcome["plan", "services", "0", "action"] == .string("update"))
        #expect(try await served.curl("/") == "two\n\n200")
        #expect(try await answers("better") == 3)
        #expect(try await served.stop().status == 0)
    }

    @Test(arguments: ["0", "0s", "0ms", "-5m", "soon"])
    func aChangeIsNotConfirmedBeforeItIsMade(duration: String) async throws {
        try await bench.done("mktap", "--from", "site.yaml")
        try describe("first", folder: "two")
        let outcome = try await bench.run("tapctl", "apply", "site.tap", "site.yaml", "--confirm=\(duration)")
        #expect(outcome.status == 64)
        #expect(
            outcome.errors
                == "tapctl: \"\(duration)\" is no duration such as 30s, 10m or 1h. See 'tapctl apply --help'.\n")
        #expect(try await bench.statuses(of: "site.tap") == ["active"])
    }

    @Test func onlyDescriptionsSayWhatAServiceWas() async throws {
        try await bench.done("mktap", "--from", "site.yaml")
        let outcome = try await bench.run("tapctl", "set", "site.tap", "first.was=other")
        #expect(outcome.status == 65)
        #expect(
            outcome.errors == "tapctl: first.was: is for descriptions; set the name to rename a service.\n")
        #expect(try await bench.statuses(of: "site.tap") == ["active"])
    }
}
