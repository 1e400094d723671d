package import ArgumentParser
package import ServiceLifecycle
package import Taproom

/// A kind for the tests of this package: it greets nobody, and runs until it is stopped.
package struct Greeter: ServiceKind {
    package static let word = "greeter"
    package static let summary = "Greets."

    package struct Settings: ServiceSettings {
        package var listen: OneOrMore<Endpoint> = [.tcp(port: 7000)]
        package var greeting = "Hello"
        package var folder: LocalPath?
        package var limits = Limits()
        package var endpoints: [Endpoint] { listen.elements }

        package init() {}

        package struct Limits: SettingsGroup, Equatable, Sendable {
            package var clients = 10
            package var wait = TimeSpan(seconds: 30)

            package init() {}
        }

        package static let fields: [SettingField<Settings>] = [
            SettingField("greeting", "What it says.", examples: ["Good morning"]),
            SettingField("limits.clients", "How many are greeted.", \.limits.clients, in: 1...1000),
        ]
    }

    package struct Options: ServiceOptions {
        @OptionGroup package var listening: ListenOptions

        package init() {}

        package func settings() throws -> Settings {
            var settings = Settings()
            settings.listen = try listening.endpoints(default: settings.listen)
            return settings
        }
    }

    package static let count = Cell("count", initial: 0, durability: .always)
    package static let state: [any StateDeclaration] = [count]

    package static func makeService(settings: Settings, context: ServiceContext) async throws -> any Service {
        Waiting()
    }

    package struct Waiting: Service {
        package func run() async throws { try? await gracefulShutdown() }
    }
}
