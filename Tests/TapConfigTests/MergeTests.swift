@testable import TapConfig
import TapData
import Taproom
import TapTesting
import Testing

@Suite struct MergeTests {
    private static let kinds = KindList([Greeter.self])

    private func service(_ name: String, _ greeting: String = "one", port: Int = 7000) -> ServiceDefinition {
        ServiceDefinition(
            name: name, kind: "greeter", settings: ["listen": .string("tcp:\(port)"), "greeting": .string(greeting)])
    }

    private func application(_ services: ServiceDefinition..., user: String? = nil) -> Application {
        Application(name: "site", user: user, services: services)
    }

    private func merge(
        _ base: Application?, _ file: Application, _ running: Application, favoring side: Merge.Side? = nil
    ) -> Merge {
        Merge(base: base, file: file, running: running, favoring: side)
    }

    private func merged(_ merge: Merge) throws -> Application { try merge.application(kinds: MergeTests.kinds) }

    @Test func whatOneSideChangedIsTaken() throws {
        let merge = merge(
            application(service("a"), service("b")), application(service("a", "file"), service("b")),
            application(service("a", "one", port: 80), service("b", "running"), user: "ada"))
        #expect(merge.conflicts == [])
        #expect(try merged(merge) == application(service("a", "file", port: 80), service("b", "running"), user: "ada"))
    }

    @Test func whatBothChangedAlikeIsFine() throws {
        let both = application(service("a", "two"))
        let merge = merge(application(service("a")), both, both)
        #expect(merge.conflicts == [])
        #expect(try merged(merge) == both)
    }

    @Test func whatBothChangedDifferentlyIsAConflict() {
        let merge = merge(
            application(service("a")), application(service("a", "file")), application(service("a", "running")))
        #expect(
            merge.conflicts == [
                Merge.Conflict(
                    path: "services.a.greeting", base: .string("one"), file: .string("file"),
                    running: .string("running"))
            ])
    }

    @Test(arguments: [(Merge.Side.file, "file"), (.running, "running")])
    func aConflictIsDecidedByTheFavoredSide(side: Merge.Side, expected: String) throws {
        let merge = merge(
            application(service("a")), application(service("a", "file")),
            application(service("a", "running", port: 80)), favoring: side)
        #expect(merge.conflicts == [])
        #expect(try merged(merge) == application(service("a", expected, port: 80)))
    }

    @Test func servicesAddedOnBothSidesAreBothThere() throws {
        let merge = merge(
            application(service("a")), application(service("file"), service("a")),
            application(service("a"), service("running")))
        #expect(try merged(merge) == application(service("file"), service("a"), service("running")))
    }

    @Test func servicesRemovedOnEitherSideAreGone() throws {
        let merge = merge(
            application(service("a"), service("b"), service("c")), application(service("a"), service("c")),
            application(service("a"), service("b")))
        #expect(merge.conflicts == [])
        #expect(try merged(merge) == application(service("a")))
    }

    @Test func aServiceThatOneSideRemovedAndTheOtherChangedIsAConflict() throws {
        let (base, without, changed) = (application(service("a")), application(), application(service("a", "two")))
        #expect(merge(base, without, changed).conflicts.map(\.path) == ["services.a"])
        #expect(merge(base, changed, without).conflicts.map(\.path) == ["services.a"])
        #expect(try merged(merge(base, without, changed, favoring: .file)) == without)
        #expect(try merged(merge(base, without, changed, favoring: .running)) == changed)
        #expect(try merged(merge(base, changed, without, favoring: .running)) == without)
    }

    @Test func aServiceAddedDifferentlyOnBothSidesIsAConflict() {
        let merge = merge(application(), application(service("a", "file")), application(service("a", "running")))
        #expect(merge.conflicts.map(\.path) == ["services.a.greeting"])
    }

    @Test func withoutABaseEveryDifferenceIsAConflict() throws {
        let merge = merge(
            nil, application(service("a", "file"), user: "x"), application(service("a", "running"), user: "y"))
        #expect(merge.conflicts.map(\.path) == ["user", "services.a.greeting"])
        #expect(self.merge(nil, application(service("a")), application(service("a"))).conflicts == [])
    }

    @Test func aKeyTakenOutOfTheFileIsGone() throws {
        var plain = service("a")
        plain.settings["greeting"] = nil
        #expect(
            try merged(merge(application(service("a")), application(plain), application(service("a"))))
                == application(plain))
    }

    @Test func partsThatDoNotFitTogetherAreAnError() {
        var other = service("a")
        other.kind = "gone"
        let merge = merge(application(service("a")), application(other), application(service("a")))
        #expect(throws: DescriptionError.self) { try merged(merge) }
    }

    @Test func aConflictIsToldWithAllThreeValues() {
        let conflicts = merge(application(), application(user: "x"), application(user: "y")).conflicts
        let error = MergeConflict(file: "site.yaml", tap: "site.tap", conflicts: conflicts)
        #expect(
            error.description
                == "site.tap: user was changed both in site.yaml and at run time (file: \"x\", running: \"y\", base: nothing)"
        )
        #expect(error.exitStatus == .configuration)
    }

    @Test func mergingWithItselfChangesNothing() throws {
        let all = application(service("a"), service("b", "yes"), user: "33")
        #expect(try merged(merge(all, all, all)) == all)
        #expect(try merged(merge(nil, all, all)) == all)
    }

    @Test(
        arguments: [
            (["a": .integer(1)], ["a": .integer(1)], ""), (["a": .integer(1)], ["a": .integer(2)], "a: 1 -> 2"),
            (["a": .integer(1)], [:], "a: 1 -> null"), ([:], ["a": .integer(1)], "a: null -> 1"),
            (
                ["a": .object(["b": .integer(1), "c": .null])], ["a": .object(["b": .integer(2), "d": .bool(true)])],
                "a.b: 1 -> 2, a.d: null -> true"
            ),
            (["a": .array([.integer(1)])], ["a": .array([.integer(1), .integer(2)])], "a: [1] -> [1,2]"),
            (["a": .object([:])], ["a": .integer(1)], "a: {} -> 1"),
            (["b": .integer(1), "a": .integer(1)], ["a": .integer(2), "b": .integer(2)], "b: 1 -> 2, a: 1 -> 2"),
            (["a": .number(.nan)], ["a": .number(.nan)], ""),
        ] as [(DatumObject, DatumObject, String)])
    func differencesAreListedInTheOrderOfTheFirst(from: DatumObject, to: DatumObject, expected: String) {
        let differences = Difference.between(.object(from), .object(to)).map { difference in
            "\(difference.path): \(JSONWriter.line(difference.from)) -> \(JSONWriter.line(difference.to))"
        }
        #expect(differences.joined(separator: ", ") == expected)
    }
}
