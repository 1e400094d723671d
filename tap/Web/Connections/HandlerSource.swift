import NIOCore

/// Makes the handlers of a route: what stays the same between its requests, such as a pool of connections.
///
/// One for each route and event loop, and used on that loop only.
protocol HandlerSource: AnyObject {
    /// A handler for a request, which begins soon.
    func handler(for request: Request, at place: MatchedPath) -> any RequestHandler
    /// No more handlers are asked for; those that are at work come to their end.
    func retire()
}

/// What all event loops share of a route whose requests handlers answer.
protocol HandlerOrigin: AnyObject, Sendable {
    /// The greatest body of a request in bytes.
    var bodyLimit: Int64 { get }
    /// A source for the requests on an event loop.
    func source(on loop: any EventLoop) -> any HandlerSource
}

/// Where a request lies below a route.
struct MatchedPath {
    /// The path of the route as the request wrote it, without a slash at its end: `/api`; empty for the route of everything.
    let prefix: Substring
    /// What follows, from a slash on, without the query: `/users/7`; empty when the request is for the route itself.
    let rest: Substring
    /// The query with its question mark; empty when there is none.
    let query: Substring
}
