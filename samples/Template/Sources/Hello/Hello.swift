import ArgumentParser
import ServiceLifecycle
import TapNetwork
import Taproom

/// Greets each client, and tells it how many were there before.
struct Hello: ServiceKind {
    static let word = "hello"
    static let summary = "Greets each client and counts them."

    /// What the administrator says: each key has a default and a meaning, and nothing here opens a file or a socket.
    struct Settings: ServiceSettings {
        var listen: OneOrMore<Endpoint> = [.tcp(port: 4013)]
        var greeting = "Hello"
        var endpoints: [Endpoint] { listen.elements }

        static let fields: [SettingField<Settings>] = [
            SettingField("listen", "Where to listen."),
            SettingField("greeting", "What each client is greeted with.", examples: ["Good day"]),
        ]

        func problems() -> [SettingProblem] {
            greeting.contains("\n") ? [SettingProblem("greeting", "must be one line")] : []
        }
    }

    /// The same on the command line: `hello mktap hello --greeting 'Good day'`.
    struct Options: ServiceOptions {
        @OptionGroup var listening: ListenOptions
        @Option(help: Settings.help("greeting")) var greeting = Settings().greeting

        func settings() throws -> Settings {
            Settings(listen: try listening.endpoints(default: Settings().listen), greeting: greeting)
        }
    }

    /// What the service remembers; `always` means that it is on the disk before `update` returns.
    static let visitors = Cell("visitors", initial: 0, durability: .always)
    static let state: [any StateDeclaration] = [visitors]

    /// Makes the service from its settings, at every start.
    static func makeService(settings: Settings, context: ServiceContext) async throws -> any Service {
        let visitors = try await context.open(Self.visitors)
        return ConnectionServer(context) { client in
            let number = try await visitors.update {
                $0 += 1
                return $0
            }
            try await client.write("\(settings.greeting), visitor \(number).\n")
        }
    }
}
