import ArgumentParser
import ServiceLifecycle
import TapConfig
import TapControl
import TapData
import TapFile
@testable import TapRunner
import TapTesting
import Taproom
import Testing

/// What a start changes in a tap counts when the application serves, and not before.
@Suite struct PreparationTests {
    private let ada = Authorship(author: "ada", origin: "test")

    /// The greeter of tests, under another word.
    private struct Renamed: ServiceKind {
        static let word = "renamed"
        static let summary = "Greets under another word."
        static let formerWords = ["greeter"]
        static let settingsMigration = Migration<Greeter.Settings>(version: 2)
        static let state = Greeter.state

        static func makeService(settings: Greeter.Settings, context: ServiceContext) async throws -> any Service {
            try await Greeter.makeService(settings: settings, context: context)
        }

        typealias Options = Greeter.Options
    }

    private func withPrepared(
        _ body: (_ prepared: PreparedTap, _ path: String) throws -> Void
    ) throws {
        try withTemporaryFolder { folder in
            let path = folder + "/site.tap"
            try Tap.make(path, application(greeter("a")), by: ada)
            let configuration = RunnerConfiguration(kinds: KindList([Renamed.self]), logger: quiet)
            let source = TapSource(.file(path, passphrase: nil))
            try body(TapStart(configuration).prepare(source), path)
        }
    }

    @Test func aMigrationIsPendingAndTakenBackWhenNothingServes() throws {
        try withPrepared { prepared, path in
            #expect(prepared.planned.map { $0.definition.kind } == ["renamed"])
            // A snapshot of what was before, and the migration.
            try #expect(prepared.tap.history().map(\.status) == [.superseded, .active, .pending])
            prepared.undo()
            let tap = try Tap(opening: path, for: .reading)
            try #expect(tap.application() == application(greeter("a")))
            try #expect(tap.history().map(\.status) == [.superseded, .active, .failed])
        }
    }

    @Test func aMigrationCountsWhenTheApplicationServes() throws {
        try withPrepared { prepared, path in
            try prepared.tap.commit { try prepared.tap.activatePendingRevisions() }
            try prepared.tap.close()
            let tap = try Tap(opening: path, for: .reading)
            try #expect(tap.application().services.map(\.kind) == ["renamed"])
            try #expect(tap.history().map(\.status) == [.superseded, .superseded, .active])
        }
    }

    @Test func aStartThatWasCutShortIsTakenBackByTheNext() throws {
        try withPrepared { prepared, path in
            try prepared.tap.close()
            let configuration = RunnerConfiguration(kinds: kinds, logger: quiet)
            let again = try TapStart(configuration).prepare(TapSource(.file(path, passphrase: nil)))
            #expect(again.application == application(greeter("a")))
            again.undo()
        }
    }

    private func description(_ text: String, kinds: KindList) -> DescriptionSource {
        DescriptionSource("site.yaml", favoring: nil) {
            BaseDescription(name: "site.yaml", text: text)
        } reading: { base, former in
            try DescriptionReader.reading(base.text, file: base.fileName, folder: nil, kinds: kinds, former: former)
        }
    }

    /// The kind has another word, and the description says more than before: the service is the same, with what it remembers.
    @Test func whatIsMigratedIsMergedWithTheDescriptionAfterwards() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/site.tap"
            let text = "taproom: 1\nname: site\nservices:\n- {name: a, kind: greeter, greeting: Hello, listen: []}\n"
            try Tap.make(
                path, application(greeter("a")), base: BaseDescription(name: "site.yaml", text: text), by: ada)
            let tap = try Tap(opening: path, for: .writing)
            let address = StateAddress(service: 1, cell: "starts")
            try tap.commit { try tap.setState(address, StoredValue(version: 1, bytes: [0x07])) }
            try tap.close()
            let renamed = KindList([Renamed.self])
            let new = text.replacing("kind: greeter", with: "kind: renamed").replacing("Hello", with: "Hey")
            let start = TapStart(RunnerConfiguration(kinds: renamed, logger: quiet))
            let source = TapSource(.file(path, passphrase: nil), description: description(new, kinds: renamed))
            let lock = try TapLock(path, .writing)
            try start.rehearse(source, holding: lock)
            let prepared = try start.prepare(source, holding: lock)
            #expect(prepared.application.services.map(\.kind) == ["renamed"])
            #expect(prepared.application.services[0].settings["greeting"] == .string("Hey"))
            try #expect(prepared.tap.identities() == ["a": 1])
            try #expect(prepared.tap.stateValue(address)?.bytes == [0x07])
            // The snapshot has nothing of the description, and the description is a revision of its own.
            try #expect(prepared.tap.history().map(\.kind) == [.made, .snapshot, .migration, .import])
            try #expect(prepared.tap.application(at: 2) == application(greeter("a")))
            try prepared.tap.close()
        }
    }
}
