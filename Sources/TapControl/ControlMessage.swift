package import TapData
import TapFile
import Taproom

/// A request to the HTTP API, read.
package struct ControlRequest: Sendable {
    package var method: String
    /// Percent-decoded, without the query.
    package var path: [String]
    package var query: [String: String]
    /// The body as JSON; null when there is none.
    package var body: Datum
    /// The revision the asker knows, from `If-Match`.
    package var ifMatch: String?
    /// The name of the user at the other end.
    package var user: String

    package init(
        method: String, path: [String], query: [String: String] = [:], body: Datum = .null, ifMatch: String? = nil,
        user: String
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.body = body
        self.ifMatch = ifMatch
        self.user = user
    }
}

/// An answer of the HTTP API.
package struct ControlResponse: Sendable {
    /// What an answer consists of.
    package enum Body: Sendable {
        case json(Datum)
        case text(String, contentType: String)
        /// Pieces of text, sent as they come; the answer ends with them, or when the server is closed.
        case stream(AsyncStream<String>, contentType: String)
    }

    /// The HTTP status.
    package var status: Int
    package var body: Body
    /// The active revision, for `ETag`.
    package var revision: Int?
    /// For `Allow`, when the method is wrong.
    package var allowed: [String] = []

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

    /// The answer that tells of an error.
    init(problem error: any Error, revision: Int? = nil) {
        let problem = Problem(error)
        let body = (try? DatumEncoder().encode(problem)) ?? .null
        self.init(status: problem.status, body: .json(body), revision: revision)
        if case .methodNotAllowed(_, let allowed) = error as? ControlError { self.allowed = allowed }
    }
}

/// An error as `application/problem+json` (RFC 9457), with what a program needs to end like the one that failed.
package struct Problem: Sendable, Codable, Equatable {
    package var title: String
    package var status: Int
    package var detail: String
    package var advice: String?
    /// sysexits(3).
    package var exitStatus: Int32

    init(_ error: any Error) {
        let reportable = error as? any ReportableError
        let exit = reportable?.exitStatus ?? .software
        status = Problem.httpStatus(error, exit)
        title = Problem.titles[status] ?? "Error"
        detail = reportable?.description ?? "\(error)"
        advice = reportable?.advice
        exitStatus = exit.rawValue
    }

    private static let titles = [
        400: "Bad Request", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 409: "Conflict",
        412: "Precondition Failed", 422: "Unprocessable Content", 500: "Internal Server Error",
        503: "Service Unavailable",
        507: "Insufficient Storage",
    ]

    private static func httpStatus(_ error: any Error, _ exit: ExitStatus) -> Int {
        switch error as? ControlError {
        case .unknownRoute, .unknownPoint, .unknownPath: return 404
        case .methodNotAllowed: return 405
        case .changedMeanwhile: return 412
        case .notAllowed: return 403
        default: break
        }
        if case .unknownRevision = error as? TapFileError { return 404 }
        return switch exit {
        case .usage, .badData: 400
        case .noInput: 404
        case .notPermitted: 403
        case .configuration: 422
        case .tryAgain, .unavailable: 503
        case .cannotCreate, .inputOutput: 507
        case .done, .software: 500
        }
    }
}
