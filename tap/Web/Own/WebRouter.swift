public import Taproom

/// What a kind of one's own answers, by paths and methods.
///
///     var router = WebRouter()
///     router.get("/hello/{name}") { request in
///         .html("<p>Hello, \(request["name"] ?? "")!</p>")
///     }
///     router.post("/entries", bodyLimit: ByteCount(bytes: 10_000)) { request in
///         let form = try await request.form()
///         …
///         return .redirect(to: "/")
///     }
///
/// A path is a row of names; `{word}` stands for any one name, and `{word...}` for all that are left. Where several paths fit,
/// names count before words, from the left to the right. Paths are decoded and resolved before they are compared: neither
/// `%2e%2e` nor `//` gets anybody around a route.
///
/// HEAD is answered as GET without its body, OPTIONS with the methods that a path has, and other methods with 405. A path without
/// a route is answered by what the settings say: files, proxies, or 404.
///
/// Handlers run as Swift tasks, outside of the event loops, inside of the service: what they throw is logged and answered with
/// 500, a ``WebFailure`` with its status. When the client goes, the task is cancelled. At a graceful shutdown requests under
/// way are waited for; ServiceLifecycle's `cancelOnGracefulShutdown()` ends what would go on for ever.
public struct WebRouter: Sendable {
    /// Answers a request.
    public typealias Handler = @Sendable (WebRequest) async throws -> WebResponse
    /// Talks to a client until it returns; then the connection is closed.
    public typealias Conversation = @Sendable (WebSocket) async throws -> Void

    /// What a body or message may have unless told otherwise: 1 MiB.
    public static let usualBodyLimit = ByteCount(bytes: 1 << 20)

    /// Whether pages of other sites may have browsers send requests that change something, and open web sockets.
    ///
    /// Otherwise such requests get 403: a browser would send the visitor's cookies and passwords along. Requests that no
    /// browser sends are not affected. The default is no.
    public var acceptsOtherOrigins = false

    private(set) var routes: [Route] = []

    /// A router without routes.
    public init() {}

    /// Answers GET and HEAD.
    ///
    /// - Parameters:
    ///   - path: the path, such as `/hello/{name}`.
    ///   - handler: makes the answer.
    public mutating func get(_ path: String, _ handler: @escaping Handler) {
        on("GET", path, bodyLimit: ByteCount(bytes: 0), handler)
    }

    /// Answers POST.
    ///
    /// - Parameters:
    ///   - path: the path, such as `/entries/{number}`.
    ///   - bodyLimit: the greatest body; a longer one gets 413.
    ///   - handler: makes the answer.
    public mutating func post(
        _ path: String, bodyLimit: ByteCount = WebRouter.usualBodyLimit, _ handler: @escaping Handler
    ) { on("POST", path, bodyLimit: bodyLimit, handler) }

    /// Answers PUT.
    ///
    /// - Parameters:
    ///   - path: the path, such as `/entries/{number}`.
    ///   - bodyLimit: the greatest body; a longer one gets 413.
    ///   - handler: makes the answer.
    public mutating func put(
        _ path: String, bodyLimit: ByteCount = WebRouter.usualBodyLimit, _ handler: @escaping Handler
    ) { on("PUT", path, bodyLimit: bodyLimit, handler) }

    /// Answers DELETE.
    ///
    /// - Parameters:
    ///   - path: the path, such as `/entries/{number}`.
    ///   - handler: makes the answer.
    public mutating func delete(_ path: String, _ handler: @escaping Handler) {
        on("DELETE", path, bodyLimit: ByteCount(bytes: 0), handler)
    }

    /// Answers any method.
    ///
    /// - Parameters:
    ///   - method: the method in capital letters: `PATCH`.
    ///   - path: the path, such as `/entries/{number}`.
    ///   - bodyLimit: the greatest body; a longer one gets 413.
    ///   - handler: makes the answer.
    public mutating func on(
        _ method: String, _ path: String, bodyLimit: ByteCount = WebRouter.usualBodyLimit, _ handler: @escaping Handler
    ) {
        routes.append(Route(method, RoutePattern(path), bodyLimit: bodyLimit.bytes, .respond(handler)))
    }

    /// Opens web sockets (RFC 6455).
    ///
    ///     router.webSocket("/echo") { socket in
    ///         for try await message in socket { try await socket.send(message) }
    ///     }
    ///
    /// Browsers open them over HTTP/1.1, also where pages come over HTTP/2.
    ///
    /// - Parameters:
    ///   - path: the path, such as `/chat/{room}`.
    ///   - messageLimit: the greatest message; a longer one ends the connection with the code 1009.
    ///   - conversation: talks to the client; when it returns the connection is closed with the code 1000, when it throws
    ///     with 1011.
    public mutating func webSocket(
        _ path: String, messageLimit: ByteCount = WebRouter.usualBodyLimit, _ conversation: @escaping Conversation
    ) {
        routes.append(
            Route("GET", RoutePattern(path), bodyLimit: 0, .talk(conversation, messageLimit: Int(messageLimit.bytes))))
    }
}

/// One path and method of a ``WebRouter``.
struct Route: Sendable {
    enum Action: Sendable {
        case respond(WebRouter.Handler)
        case talk(WebRouter.Conversation, messageLimit: Int)
    }

    let method: String
    let pattern: RoutePattern
    let bodyLimit: Int64
    let action: Action

    init(_ method: String, _ pattern: RoutePattern, bodyLimit: Int64, _ action: Action) {
        (self.method, self.pattern, self.bodyLimit, self.action) = (method, pattern, max(0, bodyLimit), action)
    }
}

/// A route that can't be answered, which is a mistake in the program that has it.
struct RouteError: Error, Equatable, CustomStringConvertible {
    let method: String
    let path: String
    let problem: String

    var description: String { "the route \(method) \"\(path)\" of the program \(problem)" }
}
