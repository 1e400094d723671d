// A kind of one's own that is a web application: visitors write into a guestbook, and others see it at once.
import ArgumentParser
import ServiceLifecycle
import TapCommands
import TapNetwork
import TapWeb
import Taproom

@main
struct GuestbookProgram: TapProgram {
    static let kinds: [any ServiceKind.Type] = [Guestbook.self]
}

struct Guestbook: ServiceKind {
    static let word = "guestbook"
    static let summary = "Lets visitors write into a book that everybody can read."

    struct Settings: ServiceSettings {
        var title = "Guestbook"
        var web = WebSettings()
        var endpoints: [Endpoint] { web.endpoints }

        static let fields: [SettingField<Settings>] = [
            SettingField("title", "What stands above the entries.", examples: ["Our wedding"]),
            SettingField("web", "Where and how it is served."),
        ]

        func problems() -> [SettingProblem] { web.problems(below: "web") }
    }

    struct Options: ServiceOptions {
        @OptionGroup var web: WebOptions
        @Option(help: Settings.help("title")) var title = Settings().title

        func settings() throws -> Settings { Settings(title: title, web: try web.settings()) }
    }

    struct Entry: Codable, Sendable {
        var number: Int
        var name: String
        var text: String
    }

    static let entries = Table("entries", of: Entry.self, by: Int.self, durability: .always)
    static let last = Cell("last", initial: 0, durability: .always)
    static let state: [any StateDeclaration] = [entries, last] + Web.state

    static func canReconfigure(from old: Settings, to new: Settings) -> Bool {
        Web.canReconfigure(from: old.web, to: new.web)
    }

    static func makeService(settings: Settings, context: ServiceContext) async throws -> any Service {
        let (entries, last) = (context.open(Self.entries), try await context.open(Self.last))
        let news = Broadcast<Entry>()
        return try await WebService(settings, context: context, web: { $0.web }) { settings in
            var router = WebRouter()
            router.get("/") { _ in
                var newest: [Entry] = []
                for try await (_, entry) in entries.rows(descending: true) {
                    newest.append(entry)
                    if newest.count == 50 { break }
                }
                return .html(page(settings.title, newest))
            }
            router.post("/entries", bodyLimit: ByteCount(bytes: 10_000)) { request in
                let form = try await request.form()
                guard let name = form["name"], let text = form["text"], !name.isEmpty, !text.isEmpty else {
                    throw WebFailure(422, "An entry needs a name and a text.")
                }
                // Both are on disk before anybody sees the entry.
                let entry = try await context.transaction { change in
                    let number = try change.update(last) {
                        $0 += 1; return $0
                    }
                    let entry = Entry(number: number, name: name, text: text)
                    change.set(entry, for: number, in: entries)
                    return entry
                }
                news.tell(entry)
                return .redirect(to: "/")
            }
            router.get("/entries/{number}") { request in
                let number = try request.parameter("number", as: Int.self)
                guard let entry = try await entries.value(for: number) else { throw WebFailure(404) }
                return try .json(entry)
            }
            router.get("/entries.txt") { _ in
                .stream(type: "text/plain; charset=utf-8") { writer in
                    for try await (number, entry) in entries.rows() {
                        try await writer.write("\(number). \(entry.name): \(entry.text)\n")
                    }
                }
            }
            router.webSocket("/live") { socket in
                for await entry in news.listen().cancelOnGracefulShutdown() { try await socket.send(json: entry) }
            }
            return router
        }
    }

    static func page(_ title: String, _ entries: [Entry]) -> HTML {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><title>\(title)</title></head>
        <body><h1>\(title)</h1>
        <form method="post" action="/entries">
        <p><label>Name <input name="name" required></label>
        <label>Text <input name="text" required></label> <button>Write</button></p>
        </form>
        \(if: entries.isEmpty, "<p>Nobody was here yet.</p>")
        \(each: entries, { "<p><b>\($0.name)</b>: \($0.text)</p>\n" })
        </body></html>

        """
    }
}
