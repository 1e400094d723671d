import ArgumentParser
import ServiceLifecycle
import TapData
import Taproom

/// A kind for tests: it greets nobody, and runs until it is stopped.
struct Greeter: ServiceKind {
    static let word = "greeter"
    static let summary = "Greets."

    struct Settings: ServiceSettings {
        var listen: OneOrMore<Endpoint> = [.tcp(port: 7000)]
        var greeting = "Hello"
        var folder: LocalPath?
        var limits = Limits()
        var endpoints: [Endpoint] { listen.elements }

        struct Limits: Defaulted, Equatable, Sendable {
            var clients = 10
            var wait = TimeSpan(seconds: 30)
        }

        func problems() -> [SettingProblem] {
            (1...1000).contains(limits.clients)
                ? [] : [SettingProblem("limits.clients", "must be from 1 to 1000, but is \(limits.clients)")]
        }
    }

    struct Options: ServiceOptions {
        @OptionGroup var listening: ListenOptions

        func settings() throws -> Settings { Settings(listen: try listening.endpoints(default: Settings().listen)) }
    }

    static let count = Cell("count", initial: 0, durability: .always)
    static let state: [any StateDeclaration] = [count]

    static func makeService(settings: Settings, context: ServiceContext) async throws -> any Service { Waiting() }

    struct Waiting: Service {
        func run() async throws { try? await gracefulShutdown() }
    }
}
