import NIOHTTP1

/// A request without its body, by whatever version of HTTP it came.
struct Request {
    let method: HTTPMethod
    /// What is asked for as it was written: a path with its query, or a whole URL.
    private(set) var target: String
    /// The version; requests of HTTP/2 say 2.0.
    let version: HTTPVersion
    /// What has been found in the fields.
    let fields: RequestFields
    /// Who asks.
    let client: Client
    /// The name of who asks, when that was shown to be true.
    var user: String?

    /// All fields.
    var lines: FieldLines { fields.lines }

    var isHead: Bool { method == .HEAD }

    /// Whether another request can follow on a connection of HTTP/1.
    ///
    /// Behind CONNECT comes what is no HTTP, when the client did not wait for the answer.
    var keepsAlive: Bool {
        guard method != .CONNECT, !fields.asksToClose else { return false }
        return version.minor >= 1 || version.major > 1 || fields.asksToKeepAlive
    }

    /// Whether a body follows.
    var hasBody: Bool { fields.isChunked || (fields.contentLength ?? 0) > 0 }

    /// The same request for something else.
    func with(target: String) -> Request {
        var request = self
        request.target = target
        return request
    }
}
