// A key-value cache in a complete program: commands over TCP and pages over HTTP, two servers of the same entries.
import ArgumentParser
import ServiceLifecycle
import TapCommands
import TapNetwork
import TapWeb
import Taproom

@main
struct CacheProgram: TapProgram {
    static let kinds: [any ServiceKind.Type] = [Cache.self]
}

struct Cache: ServiceKind {
    static let word = "cache"
    static let summary = "Keeps values under keys, for clients over TCP and HTTP."

    struct Settings: ServiceSettings {
        var listen: OneOrMore<Endpoint> = [Endpoint(.tcp(port: 11212, interface: "127.0.0.1"))]
        var web = WebSettings()
        var endpoints: [Endpoint] { listen.elements + web.endpoints }

        static let fields: [SettingField<Settings>] = [
            SettingField("listen", "Where commands are taken."),
            SettingField("web", "Where and how the entries are shown over HTTP."),
        ]
        func problems() -> [SettingProblem] { web.problems(below: "web") }
    }

    struct Options: ServiceOptions {
        @OptionGroup var listening: ListenOptions
        @Option(help: "Show the entries over HTTP here.") var http = "tcp:8080:interface=127.0.0.1"

        func settings() throws -> Settings {
            var settings = Settings(listen: try listening.endpoints(default: Settings().listen))
            settings.web.listen = [try Endpoint(http)]
            return settings
        }
    }

    static let entries = Table("entries", of: String.self, by: String.self, durability: .everySecond)
    static let state: [any StateDeclaration] = [entries] + Web.state

    static func makeService(settings: Settings, context: ServiceContext) async throws -> any Service {
        let entries = context.open(Self.entries)
        let (commands, pages) = context.divided(after: settings.listen.elements.count)
        let cache = CacheCommands(entries)
        let commandServer = ConnectionServer(commands) { client in try await cache.talk(to: client) }
        let webServer = try await WebService(settings, context: pages, web: { $0.web }) { _ in
            var router = WebRouter()
            router.get("/") { _ in try .json(["entries": await cache.count()]) }
            router.get("/{key}") { request in
                guard let value = try await entries.value(for: request["key"] ?? "") else { throw WebFailure(404) }
                return .text(value)
            }
            return router
        }
        return ServiceGroup(services: [commandServer, webServer], logger: context.logger)
    }
}
