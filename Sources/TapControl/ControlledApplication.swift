package import TapConfig
package import TapData
package import TapFile
package import Taproom

/// The verbs on an application, the same for one at rest and one that runs.
///
/// Every verb throws a `ReportableError`; the application is then as it was.
package protocol ControlledApplication: Sendable {
    /// The number of the active revision.
    func revision() async throws -> Int
    func status() async throws -> StatusReport
    /// Settings and state as a tree, or what a path such as `web.listen` or `web.state.counters` leads to in it.
    func contents(of path: String?, at point: String?) async throws -> Datum
    /// The canonical description as data.
    func description(at point: String?) async throws -> Datum
    func history() async throws -> [Revision]
    /// What is different between two points; nil: now.
    func differences(from: String, to: String?) async throws -> [Difference]
    /// Captures settings and state as they are, under a name if one is given. Answers the revision.
    func snapshot(_ name: String?, by authorship: Authorship) async throws -> Int
    /// Goes back to an earlier point. Answers the new revision, or nil when nothing differs.
    func rollBack(to point: String, _ scope: RollbackScope, by authorship: Authorship) async throws -> Int?
    /// Adds a service at the end.
    func add(_ service: ServiceDefinition, by authorship: Authorship) async throws -> AddedService
    /// Removes points of the history.
    func prune(_ request: PruneRequest, by authorship: Authorship) async throws -> Pruning
    /// Puts on disk what is still in memory only.
    func save() async throws
    /// What is wrong with the stored data; empty when nothing is.
    func verify() async throws -> [String]
    /// Asks a running application to stop, and returns when it has begun to.
    func stop() async throws
}

/// A service that was added.
package struct AddedService: Sendable, Equatable, Codable {
    /// Its name: the one asked for, with a number when that was taken.
    package var name: String
    /// The revision that has it first.
    package var revision: Int

    package init(name: String, revision: Int) {
        self.name = name
        self.revision = revision
    }
}

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
        default: nil
        }
    }

    package var exitStatus: ExitStatus {
        switch self {
        case .notRunning, .logsOfNothing: .unavailable
        case .changedMeanwhile: .tryAgain
        case .notAllowed: .notPermitted
        default: .usage
        }
    }
}
