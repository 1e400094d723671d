import ArgumentParser
import Glibc
import TapControl
import TapData
import TapFile
import Taproom

extension Tapctl {
    struct Snapshot: Verb {
        static let configuration = CommandConfiguration(
            abstract: "Keep settings and state as they are now.", usage: "tapctl snapshot [TAP] [NAME]")
        @OptionGroup var target: Target
        @Option(name: .shortAndLong, help: "A remark for the history.")
        var comment: String?

        func perform(_ invocation: Invocation) throws -> ExitStatus {
            let (tap, arguments) = try target.resolve(atMost: 1, invocation)
            let name = arguments.first
            let authorship = invocation.authorship(comment)
            let revision = try target.with(tap, invocation) { try await $0.snapshot(name, by: authorship) }
            try Made(revision: revision).print(
                json: target.json, "\(tap): snapshot \(name.map { "\($0) " } ?? "")is revision \(revision)", invocation)
            return .done
        }
    }

    struct Rollback: Verb {
        static let configuration = CommandConfiguration(
            abstract: "Go back to a revision or snapshot, as a new revision.",
            usage: "tapctl rollback [TAP] POINT [--settings|--state] [--service NAME]")
        @OptionGroup var target: Target
        @Flag(name: .long, help: "Take back settings only.")
        var settings = false
        @Flag(name: .long, help: "Take back state only.")
        var state = false
        @Option(name: .long, help: ArgumentHelp("Take back this service only.", valueName: "name"))
        var service: String?
        @Option(name: .shortAndLong, help: "A remark for the history.")
        var comment: String?

        func perform(_ invocation: Invocation) throws -> ExitStatus {
            let (tap, arguments) = try target.resolve(atMost: 1, invocation)
            guard let point = arguments.first else {
                throw UsageError(problem: "name the revision or snapshot to go back to", help: "rollback --help")
            }
            let scope = RollbackScope(settings: settings || !state, state: state || !settings, service: service)
            let authorship = invocation.authorship(comment)
            let revision = try target.with(tap, invocation) { try await $0.rollBack(to: point, scope, by: authorship) }
            let text =
                revision.map { "\(tap): as at \(point) again, in revision \($0)" }
                ?? "\(tap): nothing differs from \(point)"
            try Made(revision: revision).print(json: target.json, text, invocation)
            return .done
        }
    }

    struct Stop: Verb {
        static let configuration = CommandConfiguration(
            abstract: "Stop the running application and wait until it is stopped.")
        @OptionGroup var target: Target

        func perform(_ invocation: Invocation) throws -> ExitStatus {
            let tap = try target.resolve(atMost: 0, invocation).tap
            try target.with(tap, invocation) { try await $0.stop() }
            guard invocation.inside == nil else {
                // It waits for whoever asks here to have the answer.
                return try target.report(["stopped": false], "\(tap): stops\n", invocation)
            }
            if let control = target.control {
                while try RemoteApplication(socket: control) != nil { usleep(10_000) }
            } else {
                // The lock is free when the process has stored everything and closed the tap.
                try TapLock.waitUntilFree(tap)
            }
            return try target.report(["stopped": true], "\(tap): stopped\n", invocation)
        }
    }

    struct Reload: Verb {
        static let configuration = CommandConfiguration(
            abstract: "Have a running application read its description again and run what it says.")
        @OptionGroup var target: Target

        func perform(_ invocation: Invocation) throws -> ExitStatus {
            let tap = try target.resolve(atMost: 0, invocation).tap
            let authorship = invocation.authorship()
            let reloaded = try target.with(tap, invocation) { try await $0.reload(by: authorship) }
            let services = reloaded.services.isEmpty ? "no service" : reloaded.services.joined(separator: ", ")
            let text = reloaded.revision.map { "\(tap): revision \($0) changes \(services)" }
            return try target.report(reloaded, "\(text ?? "\(tap): nothing new")\n", invocation)
        }
    }

    /// The revision that a change made; null: nothing was to be changed.
    private struct Made: Encodable {
        var revision: Int?

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(revision, forKey: .revision)
        }

        enum CodingKeys: String, CodingKey { case revision }

        func print(json: Bool, _ text: String, _ invocation: Invocation) throws {
            if json { try invocation.console.print(json: self) } else { invocation.console.print(text + "\n") }
        }
    }
}
