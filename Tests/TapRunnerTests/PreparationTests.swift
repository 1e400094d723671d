import ArgumentParser
import ServiceLifecycle
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
}
