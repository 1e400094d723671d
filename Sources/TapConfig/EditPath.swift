import TapData
package import Taproom

/// What a path such as `web.listen`, `backends/api.limits.body` or `user` names: a service and keys in it, or a key of the
/// application.
package struct EditPath: Sendable, Equatable, CustomStringConvertible {
    /// The keys of an application that have paths of their own.
    package static let applicationKeys = ["name", "user", "group", "retention"]

    /// The path of the service; nil: it is the application's.
    package var service: String?
    /// The keys, from the outside in; none: the service itself.
    package var keys: [String]

    package init(service: String?, keys: [String]) {
        self.service = service
        self.keys = keys
    }

    /// Reads a path for an application.
    ///
    /// A service comes before a key of the application of the same name. Throws ``EditProblem`` when neither is there.
    package init(_ text: String, in application: Application) throws(EditProblem) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard let first = parts.first, !parts.contains("") else {
            throw EditProblem(text, "a path is written SERVICE.KEY, as in web.listen")
        }
        let keys = Array(parts.dropFirst())
        if application.service(at: first) != nil {
            self.init(service: first, keys: keys)
        } else if EditPath.applicationKeys.contains(first) {
            self.init(service: nil, keys: parts)
        } else {
            let known = application.servicesByPath.map(\.path) + EditPath.applicationKeys
            throw EditProblem(text, "there is no service \"\(first)\".\(suggestion(for: first, among: known))")
        }
    }

    package var description: String { ((service.map { [$0] } ?? []) + keys).joined(separator: ".") }
}

/// What is wrong with an edit.
package struct EditProblem: Error, Sendable, Equatable {
    /// What it is about: a path.
    package var path: String
    /// What is wrong, as a sentence without its full stop.
    package var text: String

    package init(_ path: String, _ text: String) {
        self.path = path
        self.text = text
    }
}

/// Everything that is wrong with a change that somebody asked for.
package struct EditError: ReportableError, Equatable {
    /// Never empty.
    package var problems: [EditProblem]

    package init(_ problems: [EditProblem]) { self.problems = problems }

    package var description: String {
        problems.map { $0.path.isEmpty ? $0.text : "\($0.path): \($0.text)" }.joined(separator: "\n")
    }

    package var exitStatus: ExitStatus { .badData }
}
