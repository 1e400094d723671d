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
        _ base: Application?, _ file: Application, _ running: Application, renames: [String: String] = [:],
        favoring side: Merge.Side? = nil
    ) throws -> Merge {
        try Merge(
            base: base, file: file, running: running, renames: renames, favoring: side, kinds: MergeTests.kinds)
    }

    @Test func whatOneSideChangedIsTaken() throws {
        let merge = try merge(
            application(service("a"), service("b")), application(service("a", "file"), service("b")),
            application(service("a", "one", port: 80), service("b", "running"), user: "ada"))
        #expect(merge.conflicts == [])
        #expect(merge.application == application(service("a", "file", port: 80), service("b", "running"), user: "ada"))
    }

    @Test func whatBothChangedAlikeIsFine() throws {
        let both = application(service("a", "two"))
        let merge = try merge(application(service("a")), both, both)
        #expect(merge.conflicts == [])
        #expect(merge.application == both)
    }

    @Test func whatBothChangedDifferentlyIsAConflict() throws {
        let merge = try merge(
            application(service("a")), application(service("a", "file")), application(service("a", "running")))
        #expect(
            merge.conflicts == [
                Merge.Conflict(
                    path: "a.greeting", base: .string("one"), file: .string("file"),
                    running: .string("running"))
            ])
    }

    @Test(arguments: [(Merge.Side.file, "file"), (.running, "running")])
    func aConflictIsDecidedByTheFavoredSide(side: Merge.Side, expected: String) throws {
        let merge = try merge(
            application(service("a")), application(service("a", "file")),
            application(service("a", "running", port: 80)), favoring: side)
        #expect(merge.conflicts == [])
        #expect(merge.application == application(service("a", expected, port: 80)))
    }

    @Test func servicesAddedOnBothSidesAreBothThere() throws {
        let merge = try merge(
            application(service("a")), application(service("file"), service("a")),
            application(service("a"), service("running")))
        #expect(merge.application == application(service("file"), service("a"), service("running")))
    }

    @Test func servicesRemovedOnEitherSideAreGone() throws {
        let merge = try merge(
            application(service("a"), service("b"), service("c")), application(service("a"), service("c")),
            application(service("a"), service("b")))
        #expect(merge.conflicts == [])
        #expect(merge.application == application(service("a")))
    }

    @Test func aServiceThatOneSideRemovedAndTheOtherChangedIsAConflict() throws {
        let (base, without, changed) = (application(service("a")), application(), application(service("a", "two")))
        try #expect(merge(base, without, changed).conflicts.map(\.path) == ["a"])
        try #expect(merge(base, changed, without).conflicts.map(\.path) == ["a"])
        #expect(try merge(base, without, changed, favoring: .file).application == without)
        #expect(try merge(base, without, changed, favoring: .running).application == changed)
        #expect(try merge(base, changed, without, favoring: .running).application == without)
    }

    @Test func aServiceAddedDifferentlyOnBothSidesIsAConflict() throws {
        let merge = try merge(application(), application(service("a", "file")), application(service("a", "running")))
        #expect(merge.conflicts.map(\.path) == ["a.greeting"])
    }

    @Test func withoutABaseEveryDifferenceIsAConflict() throws {
        let merge = try merge(
            nil, application(service("a", "file"), user: "x"), application(service("a", "running"), user: "y"))
        #expect(merge.conflicts.map(\.path) == ["user", "a.greeting"])
        try #expect(self.merge(nil, application(service("a")), application(service("a"))).conflicts == [])
    }

    @Test func aKeyTakenOutOfTheFileIsGone() throws {
        var plain = service("a")
        plain.settings["greeting"] = nil
        let merge = try merge(application(service("a")), application(plain), application(service("a")))
        #expect(merge.application == application(plain))
    }

    @Test func partsThatDoNotFitTogetherAreAnError() {
        var other = service("a")
        other.kind = "gone"
        #expect(throws: DescriptionError.self) {
            try merge(application(service("a")), application(other), application(service("a", "running")))
        }
    }

    @Test func aConflictIsToldWithAllThreeValues() throws {
        var conflicts = try merge(application(), application(user: "x"), application(user: "y")).conflicts
        let error = MergeConflict(file: "site.yaml", tap: "site.tap", conflicts: conflicts)
        #expect(
            error.description
                == "site.yaml: user was changed both here and at run time in site.tap: file: \"x\", running: \"y\", base: nothing"
        )
        (conflicts[0].line, conflicts[0].column, conflicts[0].revision, conflicts[0].author) = (3, 7, 5, "ada")
        #expect(
            MergeConflict(file: "site.yaml", tap: "site.tap", conflicts: conflicts).description.hasPrefix(
                "site.yaml:3:7: user was changed both here and at run time in site.tap (revision 5, ada): file:"))
        #expect(error.exitStatus == .configuration)
    }

    private func group(_ name: String, _ services: ServiceDefinition...) -> ServiceDefinition {
        ServiceDefinition(name: name, kind: ServiceDefinition.group, services: services)
    }

    @Test func servicesInsideOfGroupsAreMergedOneByOne() throws {
        let merge = try merge(
            application(group("g", service("a"), service("b"))),
            application(group("g", service("a", "file"), service("b"), service("new"))),
            application(group("g", service("a"), service("b", "running"))))
        #expect(merge.conflicts == [])
        #expect(
            merge.application == application(group("g", service("a", "file"), service("b", "running"), service("new"))))
        let conflict = try self.merge(
            application(group("g", service("a"))), application(group("g", service("a", "file"))),
            application(group("g", service("a", "running"))))
        #expect(conflict.conflicts.map(\.path) == ["g/a.greeting"])
    }

    @Test func aRenamedServiceKeepsWhatWasChangedAtRunTime() throws {
        let merge = try merge(
            application(group("g", service("a"))), application(group("g", service("new"))),
            application(group("g", service("a", "running"))), renames: ["g/new": "g/a"])
        #expect(merge.conflicts == [])
        #expect(merge.application == application(group("g", service("new", "running"))))
        #expect(merge.renames == ["g/new": "g/a"])
        // The hint may stay in the file.
        let again = try self.merge(
            merge.application, merge.application, merge.application, renames: ["g/new": "g/a"])
        #expect((again.application, again.renames) == (merge.application, [:]))
    }

    @Test(arguments: [
        ("abc", "cab", "abc", "cab"), ("abc", "abc", "bca", "bca"), ("abc", "cab", "bca", "cab"),
        ("abc", "abxc", "abcy", "abxcy"), ("abc", "abc", "ayc", "ayc"), ("ab", "ba", "abx", "bxa"),
        ("ab", "xab", "ab", "xab"), ("ab", "ab", "xab", "xab"), ("abc", "ac", "cba", "ca"),
    ])
    func theOrderIsThatOfWhoChangedIt(base: String, file: String, running: String, expected: String) throws {
        func application(_ names: String) -> Application {
            Application(name: "site", services: names.map { service(String($0)) })
        }
        let merge = try merge(application(base), application(file), application(running))
        #expect(merge.application.services.map(\.name).joined() == expected)
        #expect(merge.conflicts == [])
    }

    @Test(arguments: 0..<2000)
    func noFieldIsLostAndConflictsAreWhereBothChanged(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let base = randomApplication(&generator)
        let (file, running) = (changed(base, &generator), changed(base, &generator))
        let merge = try merge(base, file, running)
        let trees = [base, file, running].map(fields)
        var expected = Set<String>()
        for path in Set(trees.flatMap(\.keys)) {
            let (was, theirs, ours) = (trees[0][path], trees[1][path], trees[2][path])
            if theirs != ours, theirs != was, ours != was { expected.insert(path) }
        }
        let found = Set(merge.conflicts.map(\.path))
        // A service that one side removed is in conflict as a whole when the other changed anything in it.
        for path in expected where !found.contains(path) {
            #expect(found.contains(String(path.prefix { $0 != "." })), "\(seed): \(path) in \(found)")
        }
        for path in found where !expected.contains(path) {
            let isGone = [file, running].contains { $0.service(at: path) == nil }
            #expect(isGone && [file, running].contains { $0.service(at: path) != base.service(at: path) }, "\(seed)")
        }
        let result = fields(merge.application)
        for path in Set(trees.flatMap(\.keys)) where !found.contains(String(path.prefix { $0 != "." })) {
            guard !found.contains(path) else { continue }
            let (was, theirs, ours) = (trees[0][path], trees[1][path], trees[2][path])
            #expect(result[path] == (theirs == was ? ours : theirs), "\(seed): \(path)")
        }
        for side in Merge.Side.allCases {
            let decided = try self.merge(base, file, running, favoring: side)
            #expect(decided.conflicts == [])
        }
        try #expect(self.merge(base, file, file).application == file)
        try #expect(self.merge(base, base, running).application == running)
        try #expect(self.merge(base, file, base).application == file)
    }

    /// Every service and every field of it, by path.
    private func fields(_ application: Application) -> [String: Datum] {
        var result: [String: Datum] = ["user": application.user.map { .string($0) } ?? .null]
        for (path, service) in application.servicesByPath {
            result[path] = .bool(true)
            result[path + ".enabled"] = .bool(service.isEnabled)
            for (key, value) in service.settings.members { result["\(path).\(key)"] = value }
        }
        return result
    }

    private func randomApplication(_ generator: inout SeededGenerator) -> Application {
        let names = ["a", "b", "c", "d"].filter { _ in Bool.random(using: &generator) }
        return Application(name: "site", services: names.map { randomService($0, &generator) })
    }

    private func randomService(_ name: String, _ generator: inout SeededGenerator) -> ServiceDefinition {
        service(
            name, ["one", "two", "three"].randomElement(using: &generator) ?? "",
            port: .random(in: 1...3, using: &generator))
    }

    private func changed(_ base: Application, _ generator: inout SeededGenerator) -> Application {
        var application = base
        if Bool.random(using: &generator) { application.user = ["x", "y"].randomElement(using: &generator) }
        for index in application.services.indices where Int.random(in: 0..<3, using: &generator) == 0 {
            let other = randomService(application.services[index].name, &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: application.services[index].settings["greeting"] = other.settings["greeting"]
            case 1: application.services[index].settings["listen"] = other.settings["listen"]
            case 2: application.services[index].settings["greeting"] = nil
            default: application.services[index].isEnabled.toggle()
            }
        }
        if Int.random(in: 0..<4, using: &generator) == 0, !application.services.isEmpty {
            application.services.remove(at: .random(in: application.services.indices, using: &generator))
        }
        let free = ["a", "b", "c", "d", "e"].filter { name in !application.services.contains { $0.name == name } }
        if Int.random(in: 0..<4, using: &generator) == 0, let name = free.randomElement(using: &generator) {
            application.services.insert(
                randomService(name, &generator), at: .random(in: 0...application.services.count, using: &generator))
        }
        return application
    }

    @Test func mergingWithItselfChangesNothing() throws {
        let all = application(service("a"), service("b", "yes"), user: "33")
        try #expect(merge(all, all, all).application == all)
        try #expect(merge(nil, all, all).application == all)
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
