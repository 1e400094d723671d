import TapData
import Taproom
import TapTesting
import Testing

@testable import TapConfig

/// Edits of a description that extends another: only differences are written.
@Suite struct ExtendingEditorTests {
    private func application(_ own: String, _ seed: String = ExtendingTests.seed) throws -> Application {
        try DescriptionReader.read(
            DescriptionTexts(own: own, extended: seed).joined, file: "site.yaml", folder: DescriptionFixture.folder,
            kinds: ExtendingTests.kinds)
    }

    private func edit(_ own: String, _ seed: String = ExtendingTests.seed, to wanted: Application) throws -> String {
        try DescriptionEditor.edit(
            own, extending: seed, file: "site.yaml", folder: DescriptionFixture.folder, to: wanted,
            kinds: ExtendingTests.kinds)
    }

    private func edit(_ own: String, _ change: (inout Application) -> Void) throws -> String {
        var wanted = try application(own)
        change(&wanted)
        return try edit(own, to: wanted)
    }

    private static let own = """
        # What differs here.
        taproom: 1
        extends: shop.yaml    # the shop
        user: ada
        services:
          # The door.
          - name: front
            greeting: 'Hi'    # short
            limits: {wait: 1m}
          - {name: more, kind: greeter, greeting: More}

        """

    @Test func whatItSaysItselfIsChangedThere() throws {
        let edited = try edit(Self.own) { application in
            application.user = "bob"
            application.services[0].settings["greeting"] = "Ho"
            application.services[2].settings["greeting"] = "Less"
        }
        let expected = Self.own.replacing("ada", with: "bob").replacing("Hi", with: "Ho").replacing(
            "More", with: "Less")
        #expect(edited == expected)
    }

    @Test func whatTheOtherSaysIsWrittenOver() throws {
        let edited = try edit(Self.own) { application in
            application.group = "staff"
            application.services[0].settings["folder"] = nil
            application.services[1].services[0].settings["greeting"] = "Deep"
            application.services[1].services[1].settings["types"] = .object(["a": "text/a"])
        }
        let more = """
                folder: null
                limits: {wait: 1m}
              - {name: more, kind: greeter, greeting: More}
              - name: inner
                services:
                  - name: back
                    greeting: Deep
                  - name: web
                    types: {b: null}

            """
        #expect(
            edited
                == Self.own.replacing("user: ada\n", with: "user: ada\ngroup: staff\n").replacing(
                    "    limits: {wait: 1m}\n  - {name: more, kind: greeter, greeting: More}\n", with: more))
    }

    @Test func aFileThatSaidNothingGetsItsServices() throws {
        let own = "# mine\ntaproom: 1\nextends: a.yaml\n# services:\n#   - name: front\n#     listen: tcp:80\n"
        let edited = try edit(own) { application in
            application.services[0].isEnabled = false
            application.services[0].settings["limits"] = .object(["clients": .integer(7), "wait": "10s"])
        }
        #expect(
            edited
                == own.replacing(
                    "a.yaml\n", with: "a.yaml\nservices:\n- name: front\n  limits:\n    clients: 7\n  enabled: false\n")
        )
    }

    @Test func servicesComeAndGoWhereItHasThem() throws {
        let edited = try edit(Self.own) { application in
            application.services[2] = ServiceDefinition(
                name: "other", kind: "greeter", settings: ["listen": "tcp:90"])
        }
        #expect(edited.contains("other"))
        #expect(!edited.contains("more"))
        #expect(edited.hasPrefix(Self.own.prefix { $0 != "{" }))
    }

    @Test(arguments: ["front", "inner", "inner/back"])
    func whatTheOtherHasCanNotBeTakenAway(path: String) throws {
        let error = #expect(throws: DescriptionEditError.self) {
            try edit(Self.own) { application in
                application.services.removeAll { $0.name == path }
                if path == "inner/back" { application.services[1].services.removeFirst() }
            }
        }
        #expect(
            error?.problem == "the description that it extends has services that are gone or renamed now: \(path)")
    }

    // MARK: At random

    /// Services that were there stay in their order under their names; others are behind them.
    private func expressible(_ wanted: [ServiceDefinition], over said: [ServiceDefinition]) -> [ServiceDefinition] {
        let kept = said.map { service in
            guard var found = wanted.first(where: { $0.name == service.name }) else { return service }
            found.services = expressible(found.services, over: service.services)
            return found
        }
        return kept + wanted.filter { service in !said.contains { $0.name == service.name } }
    }

    @Test(arguments: DescriptionFixture.all)
    func anyChangeIsWrittenAndWrittenAgain(fixture: DescriptionFixture) throws {
        for seed in 1...4 as ClosedRange<UInt64> {
            var changes = RandomChanges(seed: seed)
            var own = "taproom: 1\nextends: a.yaml\n# The end.\n"
            for _ in 1...3 {
                let said = try application(own, fixture.text)
                var wanted = changes.changed(said)
                wanted.services = expressible(wanted.services, over: said.services)
                own = try edit(own, fixture.text, to: wanted)
                #expect(try application(own, fixture.text) == wanted)
                #expect(own.contains("# The end.\n"))
            }
        }
    }
}
