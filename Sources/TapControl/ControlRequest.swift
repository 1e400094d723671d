package import TapData

/// A request to the HTTP API, read.
package struct ControlRequest: Sendable {
    package var method: String
    /// Percent-decoded, without the query.
    package var path: [String]
    package var query: [String: String]
    /// The body as JSON; null when there is none, and while it has not been read.
    package var body: Datum
    /// The body as it came; nil when there is none.
    package var text: String?
    /// What the body is said to be: the media type in lowercase, without parameters.
    package var mediaType: String?
    /// The revisions the asker knows, from `If-Match`.
    package var ifMatch: String?
    /// The revisions the asker has the answer of, from `If-None-Match`.
    package var ifNoneMatch: String?
    /// The last event that the asker has seen.
    package var lastEventID: String?
    /// Who asks.
    package var asker: Asker
    /// What stands in the path for the names of its route, such as `name`.
    var captured: [String: String] = [:]
    /// The revision that a change is meant for, when `If-Match` names it; nil: whichever there is.
    var expected: Int?

    package init(
        method: String, path: [String], query: [String: String] = [:], body: Datum = .null, ifMatch: String? = nil,
        asker: Asker
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.body = body
        self.ifMatch = ifMatch
        self.asker = asker
    }

    /// The path as it was asked for.
    var pathText: String { "/" + path.joined(separator: "/") }
}

/// Who asks for something, and what that person may.
package struct Asker: Sendable, Equatable {
    /// The name of the user, or `token:NAME`.
    package var name: String
    /// What this is done through, for the history: `socket` or `tcp`.
    package var origin: String
    package var role: ControlRole

    package init(name: String, origin: String = "socket", role: ControlRole = .own) {
        self.name = name
        self.origin = origin
        self.role = role
    }
}
