import ArgumentParser
import ServiceLifecycle
import Taproom

/// A kind with a setting of every sort, for descriptions in the style of people.
struct SmallWeb: ServiceKind {
    static let word = "web"
    static let summary = "Serves nothing."

    struct Settings: ServiceSettings {
        var listen: OneOrMore<Endpoint> = [.tcp(port: 8080)]
        var `static`: LocalPath?
        var index: OneOrMore<String> = ["index.html"]
        var listing = false
        var greeting = "Hello"
        var types: [String: String] = [:]
        var limits = Limits()
        var endpoints: [Endpoint] { listen.elements }

        struct Limits: SettingsGroup, Equatable, Sendable {
            var body = 1000
            var wait = TimeSpan(seconds: 30)
            var ratio = 1.5
        }

        func problems() -> [SettingProblem] {
            limits.body >= 0 ? [] : [SettingProblem("limits.body", "must be 0 or more, but is \(limits.body)")]
        }
    }

    struct Options: ServiceOptions {
        func settings() throws -> Settings { Settings() }
    }

    static func makeService(settings: Settings, context: ServiceContext) async throws -> any Service { Resting() }

    struct Resting: Service {
        func run() async throws { try? await gracefulShutdown() }
    }
}
