import ArgumentParser
import ServiceLifecycle
import TapData
@testable import Taproom
import Testing

/// Descriptions that were written for an older version of a kind.
@Suite struct OlderSettingsTests {
    /// A kind in its third version.
    private struct Clock: ServiceKind {
        static let word = "clock"
        static let summary = "Tells the time."

        struct First: SettingsGroup {
            var seconds = 60
            var folder: LocalPath?
        }

        struct Second: SettingsGroup {
            var every = TimeSpan(seconds: 60)
            var folder: LocalPath?
        }

        struct Settings: ServiceSettings {
            var interval = TimeSpan(seconds: 60)
            var folder: LocalPath?

            func problems() -> [SettingProblem] {
                interval.milliseconds < 1000 ? [SettingProblem("interval", "must be 1s or more")] : []
            }
        }

        static let settingsMigration = Migration(from: First.self)
            .to(Second.self) { Second(every: TimeSpan(seconds: Int64($0.seconds)), folder: $0.folder) }
            .to(Settings.self) { old in
                if old.every.milliseconds == 7 { throw Unlucky() }
                return Settings(interval: old.every, folder: old.folder)
            }

        struct Unlucky: Error, CustomStringConvertible { var description: String { "seven is no number" } }

        struct Options: ServiceOptions {
            func settings() throws -> Settings { Settings() }
        }

        static func makeService(settings: Settings, context: ServiceContext) async throws -> any Service {
            Waiting()
        }

        struct Waiting: Service {
            func run() async throws { try? await gracefulShutdown() }
        }
    }

    private func line(_ given: DatumObject) -> String {
        let checked = Clock.check(given, folder: "/srv")
        guard checked.errors.isEmpty else { return checked.errors.map(\.description).joined(separator: "; ") }
        return JSONWriter.line(.object(checked.canonical))
    }

    @Test(
        arguments: [
            (["seconds": .integer(5)], #"{"interval":"5s"}"#), (["every": "5s"], #"{"interval":"5s"}"#),
            (["interval": "5s"], #"{"interval":"5s"}"#),
            // Also what is the default now, and paths from where the description is.
            (["seconds": .integer(60), "folder": "www"], #"{"folder":"/srv/www"}"#), ([:], "{}"),
        ] as [(DatumObject, String)])
    func areUnderstoodAsTheirVersionMeantThem(given: DatumObject, stored: String) {
        #expect(line(given) == stored)
    }

    @Test(
        arguments: [
            // Of two versions at once, of none, and what the present version refuses.
            (["seconds": .integer(5), "interval": "5s"], "seconds is not known here. Allowed: interval, folder."),
            (["secnds": .integer(5)], "secnds is not known here. Allowed: interval, folder."),
            (["every": "5ms"], "every is not known here. Allowed: interval, folder."),
            (["seconds": "five"], "seconds is not known here. Allowed: interval, folder."),
            (["interval": "5ms"], "interval must be 1s or more"),
        ] as [(DatumObject, String)])
    func mistakesAreThoseOfThePresentVersion(given: DatumObject, problem: String) {
        #expect(line(given) == problem)
    }

    @Test func whatCannotBeMigratedSaysOfWhichVersionItIs() {
        #expect(
            line(["every": "7ms"])
                == "is written for version 2 of its kind and can't be migrated: seven is no number")
    }

    /// What is stored and migrated, and what is written and migrated, must be the same: else a merge would find changes that
    /// nobody made.
    @Test(
        arguments: [
            ["seconds": .integer(5)], ["seconds": .integer(60)], [:], ["folder": "/srv/www", "seconds": .integer(1)],
        ] as [DatumObject])
    func comeToTheSameAsWhatWasStored(given: DatumObject) throws {
        let stored = try Clock.migrated(given, from: 1)
        #expect(JSONWriter.line(.object(stored)) == line(given))
    }
}
