import TapData
@testable import TapFile
import Taproom
import Testing

@Suite struct RollbackTests {
    /// Revision 2: greeting "two" and 2 in both services; then, not captured, 3 in both; revision 3: greeting "three".
    private func withHistory(_ body: (Tap) throws -> Void) throws {
        try withOpenTap(application(service("web", greeting: "one"), service("api", greeting: "one"))) { tap in
            for path in ["web", "api"] { try tap.set(2, of: path) }
            _ = try tap.change(to: application(service("web", greeting: "two"), service("api", greeting: "two")))
            for path in ["web", "api"] { try tap.set(3, of: path) }
            _ = try tap.change(to: application(service("web", greeting: "three"), service("api", greeting: "three")))
            try body(tap)
            try #expect(tap.integrityFindings() == [])
        }
    }

    @Test(arguments: [
        (RollbackScope(), "two", Int64(2), "two", Int64(2)), (RollbackScope(state: false), "two", 3, "two", 3),
        (RollbackScope(settings: false), "three", 2, "three", 2), (RollbackScope(service: "web"), "two", 2, "three", 3),
        (RollbackScope(state: false, service: "api"), "three", 3, "two", 3),
    ])
    func takesBackWhatWasAskedForAndNothingElse(
        scope: RollbackScope, web: String, webCount: Int64, api: String, apiCount: Int64
    ) throws {
        try withHistory { tap in
            try #expect(tap.rollBack(2, scope) == 4)
            try #expect((tap.greeting("web"), tap.greeting("api")) == (web, api))
            try #expect((tap.number("web"), tap.number("api")) == (webCount, apiCount))
        }
    }

    @Test func isANewRevisionThatSaysWhereItWentTo() throws {
        try withHistory { tap in
            _ = try tap.rollBack(2)
            let last = try #require(try tap.history().last)
            #expect((last.revision, last.kind, last.status, last.comment) == (4, .rollback, .active, "to 2"))
            try #expect((tap.greeting(at: 3), tap.number(at: 3)) == ("three", 3))
        }
    }

    @Test func canBeTakenBackItself() throws {
        try withHistory { tap in
            let before = try (tap.application(), tap.number())
            _ = try tap.rollBack(1)
            try #expect((tap.greeting(), tap.number()) == ("one", nil))
            try #expect(tap.rollBack(3) == 5)
            try #expect((tap.application(), tap.number()) == before)
        }
    }

    @Test func capturesStateThatIsInNoRevisionFirst() throws {
        try withHistory { tap in
            try tap.set(9)
            try #expect(tap.rollBack(2) == 5)
            try #expect(tap.history().suffix(2).map(\.kind) == [.snapshot, .rollback])
            try #expect(tap.history()[3].comment == "before the rollback to 2")
            try #expect((tap.number(at: 4), tap.number()) == (9, 2))
        }
    }

    @Test func whereNothingDiffersThereIsNoRevision() throws {
        try withHistory { tap in
            try #expect(tap.rollBack(3) == nil)
            try #expect(tap.latestRevision() == 3)
            _ = try tap.rollBack(2)
            try #expect(tap.rollBack(2) == nil)
        }
    }

    @Test func writesDifferencesOnly() throws {
        try withOpenTap { tap in
            for cell in 0..<300 { try tap.set(1, cell: "cell\(cell)") }
            _ = try tap.snapshot()
            try tap.set(2, cell: "cell7")
            let rows = try tap.count("past")
            _ = try tap.rollBack(2)
            try #expect(tap.count("state") == 300)
            try #expect(tap.count("past") == rows + 1)
        }
    }

    @Test func bringsARemovedServiceBackWithItsState() throws {
        try withHistory { tap in
            _ = try tap.change(to: application(service("api", greeting: "three")))
            try #expect(tap.rollBack(3, RollbackScope(service: "web")) == 5)
            try #expect((tap.greeting("web"), tap.number("web"), tap.number("api")) == ("three", 3, 3))
        }
    }

    @Test func removesAServiceThatWasNotThereYet() throws {
        try withHistory { tap in
            _ = try tap.change(
                to: application(service("web", greeting: "three"), service("api", greeting: "three"), service("new")))
            _ = try tap.rollBack(3, RollbackScope(service: "new"))
            try #expect(tap.application().services.map(\.name) == ["web", "api"])
        }
    }

    @Test(arguments: [nil, "web"])
    func bringsAServiceOfAnotherKindBack(only service: String?) throws {
        try withHistory { tap in
            _ = try tap.change(
                to: application(
                    TapFileTests.service("web", kind: "other"), TapFileTests.service("api", greeting: "three")))
            try #expect(tap.rollBack(3, RollbackScope(service: service)) == 5)
            try #expect((tap.application().service(at: "web")?.kind, tap.number("web")) == ("greeter", 3))
        }
    }

    @Test func refusesUnknownPoints() throws {
        try withHistory { tap in
            #expect(tapError { _ = try tap.rollBack(7) } == .unknownRevision(7, latest: 3))
            #expect(
                tapError { _ = try tap.rollBack(2, RollbackScope(service: "wbe")) }
                    == .unknownService("wbe", known: ["api", "web"]))
            try #expect(tap.latestRevision() == 3)
        }
    }

    @Test func takesTheBaseBackToo() throws {
        try withOpenTap { tap in
            for text in ["old", "new"] {
                try tap.commit {
                    try tap.store(BaseDescription(name: "a", text: text))
                    try tap.addRevision(.import, by: ada)
                }
            }
            _ = try tap.rollBack(2)
            try #expect(tap.base()?.text == "old")
        }
    }

    @Test func foretellsWhatWillChange() throws {
        try withHistory { tap in
            try #expect(tap.services(withOtherStateAt: 2, RollbackScope()) == ["web", "api"])
            try #expect(tap.services(withOtherStateAt: 2, RollbackScope(service: "web")) == ["web"])
            try #expect(tap.services(withOtherStateAt: 3, RollbackScope()) == [])
            let foretold = try tap.application(rolledBackTo: 2, RollbackScope(service: "web"))
            _ = try tap.rollBack(2, RollbackScope(service: "web"))
            try #expect(Set(tap.application().services.map(\.name)) == Set(foretold.services.map(\.name)))
            try #expect(tap.application().service(at: "web") == foretold.service(at: "web"))
        }
    }
}
