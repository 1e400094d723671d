package import TapData
import Taproom

/// An answer of the HTTP API.
package struct ControlResponse: Sendable {
    /// What an answer consists of.
    package enum Body: Sendable {
        case json(Datum)
        case text(String, contentType: String)
        /// Nothing.
        case none
        /// Pieces of text, sent as they come; the answer ends with them, or when the server is closed.
        case stream(AsyncStream<String>, contentType: String)
    }

    /// The HTTP status.
    package var status: Int
    package var body: Body
    /// The active revision, for `ETag`.
    package var revision: Int?
    /// For `Allow`, when the method is wrong or is asked for.
    package var allowed: [String] = []
    /// Whether it tells of an error (RFC 9457).
    package var isProblem = false
    /// Where what was made is, for `Location`.
    package var location: String?

    /// The body, when it is JSON.
    package var json: Datum? {
        if case .json(let datum) = body { datum } else { nil }
    }

    /// An answer.
    package init(status: Int, body: Body, revision: Int?) {
        self.status = status
        self.body = body
        self.revision = revision
    }

    /// An answer in JSON.
    ///
    /// Throws when the value can't be written so.
    init(_ value: some Encodable, status: Int = 200) throws {
        self.init(status: status, body: .json(try DatumEncoder().encode(value)), revision: nil)
    }

    /// The answer that tells of an error.
    init(problem error: any Error, revision: Int? = nil) {
        let problem = Problem(error)
        let body = (try? DatumEncoder().encode(problem)) ?? .null
        self.init(status: problem.status, body: .json(body), revision: revision)
        isProblem = true
        if case .methodNotAllowed(_, let allowed) = error as? ControlError { self.allowed = allowed }
    }
}
