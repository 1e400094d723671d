import Logging
import NIOCore
import NIOHTTP1

/// The routes of a program with what they need to answer, shared by all event loops.
final class OwnRoutes: HandlerOrigin {
    /// What answers a request.
    enum Match {
        case route(Route, [String: String])
        /// The path has other methods only.
        case methods([String])
        /// A name in the path is not UTF-8.
        case invalidName
        case none
    }

    let acceptsOtherOrigins: Bool
    let errorPages: ErrorPages
    let logger: Logger
    let tasks: HandlerTasks
    /// Those that count first come first.
    private let routes: [Route]

    /// Throws ``RouteError``.
    init(
        _ router: WebRouter, errorPages: ErrorPages, logger: Logger, tasks: HandlerTasks
    ) throws(RouteError) {
        try OwnRoutes.check(router.routes)
        acceptsOtherOrigins = router.acceptsOtherOrigins
        (self.errorPages, self.logger, self.tasks) = (errorPages, logger, tasks)
        routes = router.routes.sorted { $0.pattern.comesBefore($1.pattern) }
    }

    private static func check(_ routes: [Route]) throws(RouteError) {
        var known: Set<String> = []
        for route in routes {
            let isToken = !route.method.isEmpty && route.method.utf8.allSatisfy { ByteSet.token.contains($0) }
            if let problem = isToken ? route.pattern.problem : "has a method that is none" {
                throw RouteError(method: route.method, path: route.pattern.text, problem: problem)
            }
            guard known.insert("\(route.method) \(route.pattern.shape)").inserted else {
                throw RouteError(method: route.method, path: route.pattern.text, problem: "is there twice")
            }
        }
    }

    /// The greatest body of all routes; each looks after its own.
    var bodyLimit: Int64 { routes.map(\.bodyLimit).max() ?? 0 }

    func source(on loop: any EventLoop) -> any HandlerSource { OwnSource(self) }

    /// Whether there is a route for a path, with whatever method.
    func has(_ path: RequestPath) -> Bool { routes.contains { $0.pattern.fits(path.segments) } }

    /// What answers a method of a path.
    func match(_ method: HTTPMethod, _ path: RequestPath) -> Match {
        let fitting = routes.filter { $0.pattern.fits(path.segments) }
        guard !fitting.isEmpty else { return .none }
        let route =
            fitting.first { $0.method == method.rawValue }
            ?? (method == .HEAD ? fitting.first { $0.method == "GET" } : nil)
        guard let route else { return .methods(OwnRoutes.methods(fitting)) }
        return route.pattern.parameters(path.segments).map { .route(route, $0) } ?? .invalidName
    }

    private static func methods(_ routes: [Route]) -> [String] {
        var methods = Set(routes.map(\.method)).union(["OPTIONS"])
        if methods.contains("GET") { methods.insert("HEAD") }
        return methods.sorted()
    }

    // MARK: Failures

    /// What a client is told whose request failed.
    func response(to failure: WebFailure, isHead: Bool, head: ResponseHead? = nil) -> Response {
        let isKnown = (400...599).contains(failure.status)
        let status = HTTPResponseStatus(statusCode: isKnown ? failure.status : 500)
        guard let message = failure.message else { return errorPages.response(status, head: head, isHead: isHead) }
        let title = "\(status.code) \(status.reasonPhrase)"
        let page: HTML = """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>\(title)</title></head>
            <body><h1>\(title)</h1><p>\(message)</p></body></html>

            """
        return .page(status, page.markup, head: head, isHead: isHead)
    }

    /// Says what a handler has thrown, and answers what the client is told.
    func note(_ error: any Error, _ route: Route) -> WebFailure {
        if let failure = error as? WebFailure { return failure }
        logger.error(
            "a route failed",
            metadata: ["route": "\(route.method) \(route.pattern.text)", "error": "\(error)"])
        return WebFailure(500)
    }
}

/// Makes the handlers of a program's routes.
final class OwnSource: HandlerSource {
    private let routes: OwnRoutes

    init(_ routes: OwnRoutes) { self.routes = routes }

    func retire() {}

    func handler(for request: Request, at place: MatchedPath) -> any RequestHandler {
        guard let path = try? RequestPath(request.target) else { return refusal(400, request) }
        switch routes.match(request.method, path) {
        case .none: return refusal(404, request)
        case .invalidName: return refusal(400, request)
        case .methods(let methods):
            let status: HTTPResponseStatus = request.method == .OPTIONS ? .noContent : .methodNotAllowed
            let head = ResponseHead(status).with("Allow", methods.joined(separator: ", "))
            guard request.method != .OPTIONS else { return FixedAnswer(Response(head)) }
            return FixedAnswer(routes.response(to: WebFailure(405), isHead: request.isHead, head: head))
        case .route(let route, let parameters):
            guard routes.acceptsOtherOrigins || request.isFromHere(opensSocket: route.isConversation) else {
                return refusal(403, request)
            }
            switch route.action {
            case .respond(let handler):
                return OwnHandler(request, path, parameters, route, handler, routes)
            case .talk(let conversation, let limit):
                if let refusal = WebSocketHandshake.refusal(of: request) {
                    let failure = WebFailure(Int(refusal.status.code), "This address is for web sockets.")
                    return FixedAnswer(routes.response(to: failure, isHead: request.isHead, head: refusal))
                }
                return WebSocketHandler(request, path, parameters, route, conversation, messageLimit: limit, routes)
            }
        }
    }

    private func refusal(_ status: Int, _ request: Request) -> FixedAnswer {
        FixedAnswer(routes.response(to: WebFailure(status), isHead: request.isHead))
    }
}

extension Route {
    var isConversation: Bool { if case .talk = action { true } else { false } }
}

extension Request {
    /// Whether a browser, if it is one, was sent here by a page from here.
    ///
    /// Browsers say so in `Sec-Fetch-Site` (Fetch Metadata), older ones in `Origin` (RFC 6454), whose scheme can't be compared
    /// behind a proxy with TLS. Reading may come from anywhere, but for web sockets, which cookies open like nothing else.
    func isFromHere(opensSocket: Bool) -> Bool {
        let onlyReads = [.GET, .HEAD, .OPTIONS].contains(method)
        guard opensSocket || !onlyReads else { return true }
        if let site = lines.list("sec-fetch-site") { return ["same-origin", "none"].contains(site) }
        guard let origin = lines.list("origin") else { return true }
        let host = origin.split(separator: "://", maxSplits: 1).last.map(String.init) ?? ""
        return host.lowercased() == fields.host.lowercased()
    }
}

/// Sends a response that is known, whatever the body of the request.
final class FixedAnswer: RequestHandler {
    private let response: Response

    init(_ response: Response) { self.response = response }

    func begin(_ stream: any ResponseStream) {
        stream.send(response.head)
        for case .bytes(let bytes) in response.body { stream.send(bytes) }
        stream.finish()
    }

    func cancel() {}
}
