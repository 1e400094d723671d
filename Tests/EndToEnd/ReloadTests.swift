import Glibc
import TapData
import TapTesting
import Testing

/// A description that is read again while the application runs.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct ReloadTests {
    private let bench: Bench

    init() async throws {
        bench = try Bench()
        for name in ["one", "two", "three"] { try bench.folder.write("\(name)\n", to: "\(name)/index.html") }
        try describe(first: "one")
    }

    /// Writes the description: two services, the first with one folder or another.
    private func describe(first: String, more: String = "") throws {
        let listen = "\"tcp:0:interface=127.0.0.1\""
        try bench.folder.write(
            """
            taproom: 1
            services:
            - {name: first, kind: web, listen: \(listen), static: \(first)}
            - {name: second, kind: web, listen: \(listen), static: two}
            \(more)
            """, to: "site.yaml")
    }

    @Test(arguments: [true, false])
    func onlyWhatChangesIsStartedAgain(bySignal: Bool) async throws {
        let served = try await bench.serve("-y", "site.yaml")
        let other = try served.connect(1)
        #expect(try await other.page() == "two\n")
        try describe(first: "three")
        if bySignal {
            served.program.signal(SIGHUP)
            let line = try await served.program.line(containing: "description read again")
            #expect(line.contains("services=first"))
        } else {
            #expect(try await bench.done("tapctl", "reload", "site.tap") == "site.tap: revision 2 changes first\n")
        }
        #expect(try await served.curl("/") == "three\n\n200")
        #expect(try await other.page() == "two\n")
        #expect(try await bench.statuses(of: "site.tap") == ["superseded", "active"])
        #expect(try await served.stop().status == 0)
    }

    @Test func aMistakeChangesNothingAndItsPlaceIsSaid() async throws {
        let served = try await bench.serve("-y", "site.yaml")
        try describe(first: "three", more: "  sttic: none")
        served.program.signal(SIGHUP)
        let line = try await served.program.line(containing: "error: the description is not taken; all runs as before")
        #expect(line.contains("site.yaml:5:3: "))
        let outcome = try await bench.run("tapctl", "reload", "site.tap")
        #expect(outcome.status == 65)
        #expect(outcome.errors.hasPrefix("tapctl: site.yaml:5:3: "))
        #expect(try await served.curl("/") == "one\n\n200")
        #expect(try await bench.statuses(of: "site.tap") == ["active"])
        #expect(try await served.stop().status == 0)
    }

    @Test func aPortThatIsBusyTakesAllOfItBack() async throws {
        let served = try await bench.serve("-y", "site.yaml")
        let client = try served.connect()
        #expect(try await client.page() == "one\n")
        let busy =
            "tcp:\(try await bench.serve("web", "--listen", "tcp:0:interface=127.0.0.1").port):interface=127.0.0.1"
        // That one is gone with its program; this one stays.
        let other = try await bench.serve("web", "--listen", busy)
        try describe(
            first: "three",
            more: """
                - {name: third, kind: web, listen: "unix:\(bench.folder["third.sock"])", static: two}
                - {name: fourth, kind: web, listen: "\(busy)", static: two}
                """)
        let outcome = try await bench.run("tapctl", "reload", "site.tap")
        #expect(outcome.status == 69)
        #expect(
            outcome.errors.hasPrefix("tapctl: service \"fourth\": cannot listen on \(busy): address already in use."))
        #expect(try await client.page() == "one\n")
        #expect(!bench.has("third.sock"))
        #expect(!(try await bench.statuses(of: "site.tap")).contains("pending"))
        #expect(try await bench.json("tapctl", "status", "site.tap")["services"]?.array?.count == 2)
        _ = try await other.stop()
        // Nothing is in the way any more.
        #expect(try await bench.run("tapctl", "reload", "site.tap").status == 0)
        #expect(bench.has("third.sock"))
        #expect(try await served.stop().status == 0)
        #expect(!bench.has("third.sock"))
    }

    @Test func aServiceThatCannotStartTakesAllOfItBack() async throws {
        let served = try await bench.serve("-y", "site.yaml")
        try describe(first: "gone")
        let outcome = try await bench.run("tapctl", "reload", "site.tap")
        #expect(outcome.status == 69)
        #expect(outcome.errors.hasPrefix("tapctl: service \"first\": cannot open"))
        #expect(try await served.curl("/") == "one\n\n200")
        #expect(try await bench.statuses(of: "site.tap") == ["active", "failed"])
        #expect(try await served.stop().status == 0)
    }

    @Test func whatIsTakenOutIsNotListenedForAnyMore() async throws {
        try describe(
            first: "one",
            more: "- {name: third, kind: web, listen: [\"unix:\(bench.folder["third.sock"])\", \"tcp:0\"], static: two}"
        )
        let served = try await bench.serve("-y", "site.yaml")
        #expect(bench.has("third.sock"))
        try describe(first: "one")
        try await bench.done("tapctl", "reload", "site.tap")
        #expect(!bench.has("third.sock"))
        #expect(throws: TestFailure.self) { try served.connect(2) }
        #expect(try await served.stop().status == 0)
    }

    @Test func whatIsTheSameMakesNoRevision() async throws {
        let served = try await bench.serve("-y", "site.yaml")
        let client = try served.connect()
        #expect(try await client.page() == "one\n")
        #expect(try await bench.done("tapctl", "reload", "site.tap") == "site.tap: nothing new\n")
        served.program.signal(SIGHUP)
        _ = try await served.program.line(containing: "revision=unchanged services=unchanged")
        #expect(try await client.page() == "one\n")
        #expect(try await bench.statuses(of: "site.tap") == ["active"])
        #expect(try await served.stop().status == 0)
    }

    @Test func theDescriptionIsFoundFromAnotherFolder() async throws {
        try bench.folder.makeFolder("run")
        let served = try await bench.serve("-y", "site.yaml", "--rundir", "run")
        #expect(try await bench.json("tapctl", "status", "site.tap")["tap"] == .string(bench.folder["site.tap"]))
        try describe(first: "three")
        #expect(try await bench.done("tapctl", "reload", "site.tap") == "site.tap: revision 2 changes first\n")
        #expect(try await served.curl("/") == "three\n\n200")
        #expect(try await served.stop().status == 0)
    }
}
