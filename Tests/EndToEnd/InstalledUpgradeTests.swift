import Glibc
import TapData
import TapTesting
import Testing

/// Upgrades as packages make them: the program and its description were replaced on the disk while it runs, and then it is
/// told to go over.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct InstalledUpgradeTests {
    private let counter: InstalledCounter

    init() async throws { counter = try await InstalledCounter() }

    /// Tells the program to go over, and finds another in its place.
    private func upgrade() async throws -> Background {
        let outcome = try await counter.tapctl("upgrade")
        #expect(outcome.status == 0, "\(outcome.errors)")
        let runner = try await counter.runner()
        #expect(InstalledCounter.file(of: runner.process) == counter.bench.folder["lib/counter"])
        return runner
    }

    private func stop(_ served: Served) async throws {
        #expect(try await counter.tapctl("stop").status == 0)
        #expect(try await served.program.end().status == 0)
        #expect(try await counter.tapctl("verify").output == "\(counter.tap): no problems found\n")
    }

    @Test(arguments: [true, false])
    func whatIsStoredIsMigratedAndTheNewDescriptionMerged(isFavoringRunning: Bool) async throws {
        let served = try await counter.serve(isFavoringRunning: isFavoringRunning)
        #expect(try await [served.ask(), served.ask()] == ["one 1", "one 2"])
        let old = served.program.process
        try await counter.install("2")
        try counter.describe("prefix: two", "restart: {policy: always}")
        #expect(InstalledCounter.file(of: old).hasSuffix("/lib/counter (deleted)"))
        let successor = try await upgrade()
        #expect(successor.process != old)
        #expect(try await served.ask() == "two: 3")
        #expect(try await counter.json("show", "c.restart.policy") == .string("always"))
        #expect(
            try await counter.history() == [
                "made superseded from site.yaml", "snapshot superseded before the upgrade",
                "snapshot superseded before the migration",
                "migration superseded c: settings 1 -> 2, c: given 1 -> 2", "import active from site.yaml",
            ])
        // What was before can be had again.
        let before = try await counter.json("export", "--at", "2")
        #expect(before["services", "0", "word"] == .string("one"))
        #expect(before["services", "0", "restart"] == nil)
        #expect(try await counter.json("diff", "3").array?.count == 4)
        try await stop(served)
        withExtendedLifetime(successor) {}
    }

    @Test func aDescriptionNeedNotChangeOnTheDayTheProgramDoes() async throws {
        let served = try await counter.serve()
        #expect(try await served.ask() == "one 1")
        #expect(try await counter.tapctl("set", "c.restart.policy=always").status == 0)
        try await counter.install("2")
        let successor = try await upgrade()
        #expect(try await served.ask() == "one: 2")
        #expect(try await counter.json("drift").array?.map { $0["path"] } == [.string("c.restart")])
        // Whoever edits it can go on in the former way for a while.
        try counter.describe("word: three")
        #expect(try await counter.tapctl("reload").status == 0)
        #expect(try await served.ask() == "three: 3")
        try counter.describe("prefix: four")
        #expect(try await counter.tapctl("reload").status == 0)
        #expect(try await served.ask() == "four: 4")
        #expect(try await counter.json("show", "c.restart.policy") == .string("always"))
        try await stop(served)
        withExtendedLifetime(successor) {}
    }

    @Test func aStartMigratesAndMergesToo() async throws {
        let first = try await counter.serve()
        #expect(try await first.ask() == "one 1")
        try await stop(first)
        try await counter.install("2")
        try counter.describe("prefix: two")
        let second = try await counter.serve()
        #expect(try await second.ask() == "two: 2")
        try await stop(second)
    }

    @Test(arguments: [
        (
            "2 bad-settings", 65,
            "TAP: service \"c\": the settings of version 1 can't be migrated: the word can't be understood any more"
        ),
        (
            "2 bad-state", 65,
            "TAP: service \"c\": the stored value of the cell \"given\" can't be read: the number can't be understood any more"
        ),
        ("2 bad-service", 69, "service \"c\": it will not"), ("2 crash", 70, "it was ended by signal 6 (Aborted)"),
    ])
    func aVersionThatFailsLeavesTheOldOneServing(version: String, status: Int32, problem: String) async throws {
        let served = try await counter.serve()
        #expect(try await served.ask() == "one 1")
        try await counter.install(version)
        try counter.describe("prefix: two")
        let outcome = try await counter.tapctl("upgrade")
        #expect(outcome.status == status)
        #expect(
            outcome.errors
                == "tapctl: the new program did not take over: \(problem.replacing("TAP", with: counter.tap)). The program that was running goes on.\n"
        )
        #expect(try await counter.json("status")["pid"] == .integer(Int64(served.program.process)))
        #expect(try await served.ask() == "one 2")
        // It reads its own data, and nothing of the attempt counts.
        #expect(try await counter.json("show", "c.state.given") == .integer(2))
        let counting = try await counter.history().filter { $0.contains("active") || $0.contains("pending") }
        #expect(counting.count == 1 && counting.allSatisfy { !$0.hasPrefix("migration") && !$0.hasPrefix("import") })
        // The maintainer mends it.
        try await counter.install("2")
        let successor = try await upgrade()
        #expect(try await served.ask() == "two: 3")
        try await stop(served)
        withExtendedLifetime(successor) {}
    }

    @Test(arguments: [
        "exec lib/tapd", "exec \"$PWD/lib/tapd\"", "exec lib/counter tapd", "PATH=\"$PWD/lib:$PATH\"; exec tapd",
        // A name that is no path, leads to another program, or nowhere.
        "exec -a tapd lib/counter", "PATH=\"PROGRAMS:$PATH\"; exec -a tapd lib/counter",
        "exec -a /nowhere/tapd lib/counter",
    ])
    func theNewFileIsFoundHoweverTheOldOneWasCalled(call: String) async throws {
        // The shell that can call a program something else.
        let call = call.replacing("PROGRAMS", with: Bench.programs)
        let served = try await counter.serve("exec bash -c '\(call) \"$@\"' bash")
        var successors: [Background] = []
        for round in 1...2 {
            try await counter.install("2")
            successors.append(try await upgrade())
            #expect(try await served.ask() == "one: \(round)")
        }
        try await stop(served)
        withExtendedLifetime(successors) {}
    }

    @Test func whereNoServiceListensAnyMoreNoFileIsLeft() async throws {
        let other = "- {name: d, kind: counter, listen: \"unix:\(counter.bench.folder["var/d.sock"])\"}"
        try counter.describe("word: one", services: other)
        let served = try await counter.serve()
        try counter.describe("word: one")
        try await counter.install("2 bad-service")
        #expect(try await counter.tapctl("upgrade").status == 69)
        #expect(counter.bench.has("var/d.sock"))
        try await counter.install("2")
        let successor = try await upgrade()
        #expect(!counter.bench.has("var/d.sock"))
        #expect(counter.bench.has("var/site.sock"))
        try await stop(served)
        withExtendedLifetime(successor) {}
        #expect(!counter.bench.has("var/site.sock"))
    }
}
