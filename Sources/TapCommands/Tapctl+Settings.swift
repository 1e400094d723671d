import ArgumentParser
import TapConfig
import TapControl
import TapData
import Taproom

/// What the verbs that change settings share: one request, one revision, one report.
protocol ChangingVerb: Verb {
    var place: Place { get }
    var comment: String? { get }

    /// The tap, and what is to be changed.
    func request(_ invocation: Invocation) throws -> (tap: String, request: ChangeRequest)
}

extension ChangingVerb {
    func perform(_ invocation: Invocation) throws -> ExitStatus {
        var (tap, request) = try request(invocation)
        request.folder = LocalPath.workingFolder
        request.comment = comment
        let authorship = invocation.authorship(comment)
        let outcome = try place.with(tap, invocation) { [request] in try await $0.change(request, by: authorship) }
        invocation.warn(outcome.warnings ?? [])
        return try place.report(outcome, ChangeText.text(outcome, tap, invocation), invocation)
    }
}

extension Target {
    /// The tap and the one service that is named, and nothing else.
    func service(_ help: String, _ invocation: Invocation) throws -> (tap: String, service: String) {
        let (tap, arguments) = try resolve(atMost: 1, invocation)
        guard let service = arguments.first else { throw UsageError(problem: "name a service", help: help) }
        return (tap, service)
    }
}

extension Tapctl {
    struct Set: ChangingVerb {
        static let configuration = CommandConfiguration(
            abstract: "Change settings: all that are named, in one revision.",
            usage: "tapctl set [TAP] PATH=VALUE...",
            discussion: """
                A path is a service and keys in it, or a key of the application: web.listen, backends/api.limits.body, \
                user. The value is read as YAML; an empty one means the default.
                """)
        @OptionGroup var target: Target
        @Option(name: .shortAndLong, help: "A remark for the history.")
        var comment: String?
        var place: Place { target.place }

        func request(_ invocation: Invocation) throws -> (tap: String, request: ChangeRequest) {
            let (tap, arguments) = try target.resolve(atMost: .max, invocation)
            guard !arguments.isEmpty else {
                throw UsageError(problem: "say what is to be set, as PATH=VALUE", help: "set --help")
            }
            return (tap, ChangeRequest(try Assignment.edits(arguments)))
        }
    }

    struct Remove: ChangingVerb {
        static let configuration = CommandConfiguration(
            abstract: "Remove a service; a rollback brings it back with all that it remembered.",
            usage: "tapctl remove [TAP] SERVICE")
        @OptionGroup var target: Target
        @Option(name: .shortAndLong, help: "A remark for the history.")
        var comment: String?
        var place: Place { target.place }

        func request(_ invocation: Invocation) throws -> (tap: String, request: ChangeRequest) {
            let (tap, service) = try target.service("remove --help", invocation)
            return (tap, ChangeRequest([.remove(service)]))
        }
    }

    struct Enable: ChangingVerb {
        static let configuration = CommandConfiguration(
            abstract: "Have a service run, now and from now on.", usage: "tapctl enable [TAP] SERVICE")
        @OptionGroup var target: Target
        @Option(name: .shortAndLong, help: "A remark for the history.")
        var comment: String?
        var place: Place { target.place }

        func request(_ invocation: Invocation) throws -> (tap: String, request: ChangeRequest) {
            let (tap, service) = try target.service("enable --help", invocation)
            return (tap, ChangeRequest([.enable(service, true)]))
        }
    }

    struct Disable: ChangingVerb {
        static let configuration = CommandConfiguration(
            abstract: "Stop a service, and leave it stopped until it is enabled.", usage: "tapctl disable [TAP] SERVICE"
        )
        @OptionGroup var target: Target
        @Option(name: .shortAndLong, help: "A remark for the history.")
        var comment: String?
        var place: Place { target.place }

        func request(_ invocation: Invocation) throws -> (tap: String, request: ChangeRequest) {
            let (tap, service) = try target.service("disable --help", invocation)
            return (tap, ChangeRequest([.enable(service, false)]))
        }
    }

    struct Restart: Verb {
        static let configuration = CommandConfiguration(
            abstract: "Have a new one take the place of a running service, on the same sockets.",
            usage: "tapctl restart [TAP] SERVICE")
        @OptionGroup var target: Target

        func perform(_ invocation: Invocation) throws -> ExitStatus {
            let (tap, service) = try target.service("restart --help", invocation)
            let authorship = invocation.authorship()
            try target.with(tap, invocation) { try await $0.restart(service, by: authorship) }
            return try target.report(["restarted": service], "\(tap): \(service) restarted\n", invocation)
        }
    }
}

/// `PATH=VALUE` as it is typed.
enum Assignment {
    /// The edits of several, with all that is wrong in them at once.
    ///
    /// Throws ``UsageError`` for what is no assignment, and ``AssignmentError`` for values that can't be read.
    static func edits(_ arguments: [String]) throws -> [Edit] {
        var problems: [String] = []
        let edits = try arguments.compactMap { argument -> Edit? in
            guard let sign = argument.firstIndex(of: "="), sign > argument.startIndex else {
                throw UsageError(problem: "\"\(argument)\" is not written PATH=VALUE", help: "set --help")
            }
            let path = String(argument[..<sign])
            let text = String(argument[argument.index(after: sign)...])
            do throws(SyntaxError) {
                return .set(path: path, value: try YAMLReader.read(text).datum)
            } catch {
                let column = error.position.line == 1 ? path.count + 1 + error.position.column : error.position.column
                problems.append("\(argument): column \(column): \(error.problem)")
                return nil
            }
        }
        guard problems.isEmpty else { throw AssignmentError(description: problems.joined(separator: "\n")) }
        return edits
    }
}

/// Values that can't be read.
private struct AssignmentError: ReportableError {
    var description: String
    var exitStatus: ExitStatus { .badData }
}
