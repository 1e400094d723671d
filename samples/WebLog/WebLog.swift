// A web log in a complete program: texts that are put into a folder become entries on a page and in an Atom feed.
import ArgumentParser
import ServiceLifecycle
import TapCommands
import TapWeb
import Taproom

@main
struct WebLogProgram: TapProgram {
    static let kinds: [any ServiceKind.Type] = [WebLog.self]
}

struct WebLog: ServiceKind {
    static let word = "weblog"
    static let summary = "Publishes the texts of a folder as a page and as a feed."

    struct Settings: ServiceSettings {
        var title = "Web log"
        var posts = LocalPath("/srv/weblog")
        var every = TimeSpan(seconds: 10)
        var web = WebSettings()
        var endpoints: [Endpoint] { web.endpoints }
        static let fields: [SettingField<Settings>] = [
            SettingField("title", "What stands above the entries.", examples: ["News of the shop"]),
            SettingField("posts", "The folder of the texts: files NAME.txt whose first line is the title."),
            SettingField("every", "How often it is looked into.", { $0.every }, in: TimeSpan(milliseconds: 10)...),
            SettingField("web", "Where and how it is served."),
        ]
        func problems() -> [SettingProblem] { web.problems(below: "web") }
    }

    struct Options: ServiceOptions {
        @OptionGroup var web: WebOptions
        @Option(help: Settings.help("title")) var title = Settings().title
        @Option(help: Settings.help("posts")) var posts = Settings().posts

        func settings() throws -> Settings { Settings(title: title, posts: posts, web: try web.settings()) }
    }

    static let entries = Table("entries", of: WebLogEntry.self, by: String.self, durability: .always)
    static let feed = Cell("feed", initial: "", durability: .always)
    static let state: [any StateDeclaration] = [entries, feed] + Web.state

    static func makeService(settings: Settings, context: ServiceContext) async throws -> any Service {
        let entries = context.open(Self.entries)
        let feed = try await context.open(Self.feed).update { WebLogEntry.name(&$0) }
        let looking = PeriodicWork(every: settings.every, logger: context.logger) {
            try await WebLogFolder(path: settings.posts.text).publish(in: entries)
        }
        let server = try await WebService(settings, context: context, web: { $0.web }) { settings in
            var router = WebRouter()
            router.get("/") { _ in .html(WebLogPages.page(settings.title, try await entries.newest())) }
            router.get("/feed.atom") { _ in
                .bytes(WebLogPages.feed(feed, settings.title, try await entries.newest()), type: "application/atom+xml")
            }
            return router
        }
        return ServiceGroup(services: [looking, server], logger: context.logger)
    }
}
