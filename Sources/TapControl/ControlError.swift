package import TapData
package import Taproom

/// What is the matter with a request to an application.
package enum ControlError: ReportableError, Equatable {
    case notRunning(tap: String)
    /// Asked for what only a running application can tell: its log.
    case logsOfNothing(tap: String)
    case unknownPoint(String, names: [String])
    case beforeTheFirst(String, first: String)
    case unknownPath(String, problem: String)
    case badName(String)
    case noRetention
    case badRequest(String)
    case unknownRoute(String)
    case methodNotAllowed(String, allowed: [String])
    case changedMeanwhile(expected: String, revision: Int)
    case notAllowed(user: UInt32)
    case unconfirmed(revision: Int, until: String)
    case nothingToConfirm
    case noDescription
    case unknownService(String, known: [String])
    case notActive(String)
    /// A body that is no JSON.
    case badSyntax(String, Position)
    /// A body that does not say what it should.
    case badBody(DataError)
    case mediaType(String, taken: [String])
    case tooLarge(limit: Int)
    /// Somebody who asks over TCP and shows no token that is known.
    case noToken
    case needsRole(ControlRole, name: String)
    /// A request that a browser may have been tricked into.
    case notFromHere(String)
    case unknownToken(String, known: [String])
    case tokenExists(String)

    package var description: String {
        switch self {
        case .notRunning(let tap), .logsOfNothing(let tap): "\(tap): is not running"
        case .unknownPoint(let point, let names):
            "there is no revision or snapshot \"\(point)\""
                + (names.isEmpty ? "" : "." + suggestion(for: point, among: names))
        case .beforeTheFirst(let point, let first):
            "there was nothing yet at \(point): the first revision is of \(first)"
        case .unknownPath(let path, let problem): "\(path): \(problem)"
        case .badName(let problem): "a name \(problem)"
        case .noRetention: "nothing says which points are to be kept"
        case .badRequest(let problem): problem
        case .unknownRoute(let path): "there is nothing at \(path)"
        case .methodNotAllowed(let path, let allowed): "\(path) takes \(allowed.joined(separator: ", "))"
        case .changedMeanwhile(let expected, let revision):
            "the application is at revision \(revision) now, and not at \(expected)"
        case .unconfirmed(let revision, let time): "revision \(revision) waits to be confirmed until \(time)"
        case .nothingToConfirm: "no change waits to be confirmed"
        case .noDescription: "the application was not made from a description"
        case .unknownService(let path, let known):
            "there is no service \"\(path)\".\(suggestion(for: path, among: known))"
        case .notActive(let path): "service \"\(path)\" is disabled"
        case .badSyntax(let problem, let position):
            "the body is no JSON: line \(position.line), column \(position.column): \(problem)"
        case .badBody(let error): "the body: \(error)"
        case .mediaType(let type, let taken):
            "a body must be \(taken.joined(separator: " or ")), but is \(type)"
        case .tooLarge(let limit): "a body may have \(limit) bytes"
        case .noToken: "a token is needed here, and none that is known was shown"
        case .needsRole(let role, let name): "\(name) may not do this, which needs the role \"\(role.rawValue)\""
        case .notFromHere(let problem): problem
        case .unknownToken(let name, let known):
            "there is no token \"\(name)\"" + (known.isEmpty ? "" : ".\(suggestion(for: name, among: known))")
        case .tokenExists(let name): "there is a token \"\(name)\" already"
        case .notAllowed(let user): "the user with the number \(user) may not control this application"
        }
    }

    package var advice: String? {
        switch self {
        case .logsOfNothing: "What it logged is where tapd wrote it: in its log file, in syslog, or in the journal."
        case .unknownPoint: "tapctl history lists the revisions."
        case .noRetention: "Use --keep, --hourly, --daily or --size, or give the description a key \"retention\"."
        case .changedMeanwhile: "Look at it again, and ask again."
        case .notAllowed: "Use the account of its owner, or root."
        case .unconfirmed: "Confirm it (tapctl confirm) or take it back (tapctl rollback) first."
        case .noDescription: "Name one: tapctl drift TAP FILE."
        case .notActive(let path): "Enable it: tapctl enable TAP \(path)."
        case .mediaType: "Say with Content-Type what it is."
        case .noToken: "Make one (tapctl token add) and send it: Authorization: Bearer TOKEN."
        case .needsRole(.own, _): "Ask through the unix socket, as its owner or root."
        case .tokenExists: "Remove it first (tapctl token remove), or take another name."
        default: nil
        }
    }

    package var exitStatus: ExitStatus {
        switch self {
        case .notRunning, .logsOfNothing, .nothingToConfirm, .notActive: .unavailable
        case .changedMeanwhile, .unconfirmed: .tryAgain
        case .notAllowed, .noToken, .needsRole, .notFromHere: .notPermitted
        case .unknownToken: .noInput
        default: .usage
        }
    }
}
