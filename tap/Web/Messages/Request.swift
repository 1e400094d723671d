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
    /// What it has passed already; nil: nothing.
    private(set) var passage: Passage?
    /// Whether the answer gets what it says to pages of other sites.
    var isMarked = false
    /// The fields without those that are nobody else's business; nil: all are shown.
    private var shownLines: FieldLines?

    init(method: HTTPMethod, target: String, version: HTTPVersion, fields: RequestFields, client: Client) {
        (self.method, self.target, self.version) = (method, target, version)
        (self.fields, self.client) = (fields, client)
    }

    /// All fields that whoever answers may see.
    var lines: FieldLines { shownLines ?? fields.lines }

    var isHead: Bool { method == .HEAD }

    /// The name of the user who asks; nil: nobody was asked for one.
    var user: String? { passage?.user }

    /// Whether another request can follow on a connection of HTTP/1.
    ///
    /// Behind CONNECT comes what is no HTTP, when the client did not wait for the answer.
    var keepsAlive: Bool {
        guard method != .CONNECT, !fields.asksToClose else { return false }
        return version.minor >= 1 || version.major > 1 || fields.asksToKeepAlive
    }

    /// Whether a body follows.
    var hasBody: Bool { fields.isChunked || (fields.contentLength ?? 0) > 0 }

    /// The same request for something else, as whoever answers it may see it.
    ///
    /// A password that was asked for here is nobody else's business.
    func with(target: String) -> Request {
        var request = self
        request.target = target
        if user != nil { request.shownLines = lines.without("authorization") }
        return request
    }

    /// Notes that it has passed a rule.
    mutating func pass(_ rule: any AnyObject & Sendable, as user: String? = nil) {
        passage = Passage(rule, user: user, after: passage)
    }
}
