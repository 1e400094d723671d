import NIOHTTP1

/// A request without its body, by whatever version of HTTP it came.
///
/// It is handed on a lot and hardly ever changed: what changes it makes another one.
final class Request: Sendable {
    let method: HTTPMethod
    /// What is asked for as it was written: a path with its query, or a whole URL.
    let target: String
    /// The version; requests of HTTP/2 say 2.0.
    let version: HTTPVersion
    /// What has been found in the fields.
    let fields: RequestFields
    /// Who asks.
    let client: Client
    /// What it has passed already; nil: nothing.
    let passage: Passage?
    /// Whether the answer gets what it says to pages of other sites.
    let isMarked: Bool
    /// The fields without those that are nobody else's business; nil: all are shown.
    private let shownLines: FieldLines?

    init(method: HTTPMethod, target: String, version: HTTPVersion, fields: RequestFields, client: Client) {
        (self.method, self.target, self.version) = (method, target, version)
        (self.fields, self.client) = (fields, client)
        (passage, isMarked, shownLines) = (nil, false, nil)
    }

    /// The same as another one but for what is given.
    private init(
        _ other: Request, target: String? = nil, passage: Passage? = nil, isMarked: Bool = false,
        shownLines: FieldLines? = nil
    ) {
        method = other.method
        self.target = target ?? other.target
        (version, fields, client) = (other.version, other.fields, other.client)
        self.passage = passage ?? other.passage
        self.isMarked = isMarked || other.isMarked
        self.shownLines = shownLines ?? other.shownLines
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
        if user == nil, target == self.target { return self }
        return Request(self, target: target, shownLines: user == nil ? nil : lines.without("authorization"))
    }

    /// The same request when it has passed a rule.
    func passing(_ rule: any AnyObject & Sendable, as user: String? = nil) -> Request {
        Request(self, passage: Passage(rule, user: user, after: passage))
    }

    /// The same request when its answer gets what it says to pages of other sites.
    var marked: Request { Request(self, isMarked: true) }
}
