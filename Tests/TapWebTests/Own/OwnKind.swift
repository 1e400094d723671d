import ServiceLifecycle
import Synchronization
import TapTesting
import TapWeb
import Taproom

/// A kind of one's own for tests, whose routes do a little of everything.
struct OwnKind: ServiceKind {
    typealias Settings = WebSettings
    typealias Options = WebOptions

    static let word = "own"
    static let summary = "Answers tests."
    static var state: [any StateDeclaration] { Web.state }

    static func makeService(settings: WebSettings, context: ServiceContext) async throws -> any Service {
        let occasions = Occasions()
        return try await WebService(settings, context: context) { settings in
            var router = WebRouter()
            plain(&router, settings)
            bodies(&router)
            streams(&router, occasions)
            sockets(&router, occasions)
            return router
        }
    }

    private static func plain(_ router: inout WebRouter, _ settings: WebSettings) {
        router.get("/hello/{name}") { request in
            let greeting: HTML = "<p>Hello, \(request["name"] ?? "")!</p>"
            return .html(greeting).with("X-Who", "me").with("Server", "test")
        }
        router.get("/hello/world") { _ in .text("the world") }
        router.post("/hello/world") { _ in .text("posted") }
        router.get("/rest/{path...}") { request in
            .text("\(request["path"] ?? "") \(request.path) \(request.query["q"] ?? "-") \(request.method)")
        }
        router.get("/number/{n}") { request in .text("\(try request.parameter("n", as: Int.self) + 1)") }
        router.get("/about") { request in
            .text("\(request.host) \(request.scheme) \(request.clientAddress ?? "-") \(request.field("x-mine") ?? "-")")
        }
        router.get("/away") { request in .redirect(to: request.query["to"] ?? "/", status: 307) }
        router.get("/bad/field") { request in .text("x").with("X-Bad", request.query["v"] ?? "") }
        router.get("/bad/status") { _ in .empty(99) }
        router.get("/bad/throw") { _ in throw TestFailure("broken") }
        router.get("/bad/failure") { _ in throw WebFailure(409, "Not <now>.") }
        router.get("/nothing") { _ in .empty() }
        router.get("/file/{name...}") { request in
            .file(request["name"] ?? "", in: settings.static ?? LocalPath("/nowhere")).with("X-File", "1")
        }
    }

    private struct Sum: Codable {
        var numbers: [Int]
    }

    private static func bodies(_ router: inout WebRouter) {
        router.post("/count", bodyLimit: ByteCount(bytes: 300_000)) { request in
            var count = 0
            for try await piece in request.body { count += piece.count }
            return .text("\(count)")
        }
        router.post("/small", bodyLimit: ByteCount(bytes: 10)) { request in .text(try await request.text()) }
        router.post("/unread") { _ in .text("not read") }
        router.post("/form") { request in
            let form = try await request.form()
            return .text(form.pairs.map { "[\($0.name)=\($0.value)]" }.joined())
        }
        router.put("/sum") { request in
            let sum = try await request.json(Sum.self)
            return try .json(["sum": sum.numbers.reduce(0, +)])
        }
    }

    private static func streams(_ router: inout WebRouter, _ occasions: Occasions) {
        router.get("/stream/{n}") { request in
            let count = try request.parameter("n", as: Int.self)
            return .stream(type: "text/plain") { writer in
                for number in 0..<count { try await writer.write("\(number)\n") }
            }
        }
        router.get("/stream/broken") { _ in
            .stream(type: "text/plain") { writer in
                try await writer.write("begun")
                throw TestFailure("broken")
            }
        }
        router.get("/stream/endless/{key}") { request in
            let key = request["key"] ?? ""
            return .stream(type: "text/plain") { writer in
                do {
                    let line = String(repeating: "x", count: 10_000)
                    while true { try await writer.write(line) }
                } catch {
                    occasions.happened(key)
                    throw error
                }
            }
        }
        router.get("/waits/{key}") { request in
            // A handler that is cancelled before its turn has come never begins.
            occasions.happened("\(request["key"] ?? "")-begun")
            do {
                try await Task.sleep(for: .seconds(600))
            } catch {
                occasions.happened(request["key"] ?? "")
            }
            return .text("woken")
        }
        router.get("/happened/{key}") { request in
            await occasions.wait(for: request["key"] ?? "")
            return .text("yes")
        }
    }

    private static func sockets(_ router: inout WebRouter, _ occasions: Occasions) {
        router.webSocket("/echo", messageLimit: ByteCount(bytes: 100_000)) { socket in
            for try await message in socket { try await socket.send(message) }
        }
        router.webSocket("/greet/{name}") { socket in
            try await socket.send("hello \(socket.request["name"] ?? "")")
            socket.close(4321, "enough")
        }
        router.webSocket("/fails") { _ in throw TestFailure("broken") }
        router.webSocket("/deaf/{key}") { socket in
            do {
                try await socket.send("begun")
                try await Task.sleep(for: .seconds(600))
            } catch {
                occasions.happened(socket.request["key"] ?? "")
            }
        }
        router.webSocket("/flood/{key}") { socket in
            do {
                while true { try await socket.send(String(repeating: "y", count: 10_000)) }
            } catch {
                occasions.happened(socket.request["key"] ?? "")
            }
        }
    }
}

/// Things that have happened, and tasks that wait for them.
final class Occasions: Sendable {
    private struct Contents {
        var past: Set<String> = []
        var waiting: [String: [CheckedContinuation<Void, Never>]] = [:]
    }

    private let contents = Mutex(Contents())

    func happened(_ key: String) {
        let waiting = contents.withLock { contents in
            contents.past.insert(key)
            return contents.waiting.removeValue(forKey: key) ?? []
        }
        for one in waiting { one.resume() }
    }

    /// Waits until it has happened, or the task is cancelled.
    func wait(for key: String) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = contents.withLock { contents in
                    if contents.past.contains(key) || Task.isCancelled { return true }
                    contents.waiting[key, default: []].append(continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let waiting = contents.withLock { $0.waiting.removeValue(forKey: key) ?? [] }
            for one in waiting { one.resume() }
        }
    }
}

/// Serves the kind for tests around a piece of a test.
func servingOwn<Result>(
    _ folder: TemporaryFolder? = nil, change: (inout WebSettings) -> Void = { _ in },
    _ body: (RunningService) async throws -> Result
) async throws -> Result {
    var settings = WebSettings()
    settings.static = folder?.local
    change(&settings)
    return try await withService(OwnKind.self, settings: settings, body)
}
