import ArgumentParser
import ServiceLifecycle
import TapTesting
import Taproom

/// The kind of the scenarios' services in a program that is newer: settings have to be migrated for it.
struct UpdatedGreeter: ServiceKind {
    static let word = Greeter.word
    static let summary = Greeter.summary

    struct Settings: ServiceSettings {
        var greeting = "Hello"
    }

    struct Options: ServiceOptions {
        func settings() throws -> Settings { Settings() }
    }

    static let settingsMigration = Migration(from: Greeter.Settings.self).to(Settings.self) { old in
        Settings(greeting: old.greeting + ", as of now")
    }

    static func makeService(settings: Settings, context: ServiceContext) async throws -> any Service {
        throw TortureError("it is never started")
    }
}
