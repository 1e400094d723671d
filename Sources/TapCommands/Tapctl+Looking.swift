import ArgumentParser
import TapConfig
import TapControl
import TapData
import TapFile
import TapPages
import TapRunner
import Taproom

extension Tapctl {
    struct Status: Verb {
        static let configuration = CommandConfiguration(
            abstract: "Say what runs, where it listens, and what is on disk.")
        @OptionGroup var target: Target

        func perform(_ invocation: Invocation) throws -> ExitStatus {
            let tap = try target.resolve(atMost: 0, invocation).tap
            let report = try target.with(tap, invocation) { try await $0.status() }
            return try target.report(report, text(report), invocation)
        }

        private func text(_ report: StatusReport) -> String {
            let running =
                report.running ? "running, process \(report.pid ?? 0), since \(report.since ?? "")" : "not running"
            let durable =
                report.durable.lossWindow == 0
                ? "all on disk"
                : "a crash would lose \(Int(report.durable.lossWindow.rounded(.up))) s of deferred changes"
            let services = report.services.map { service in
                [
                    service.name, service.kind, service.enabled ? service.state.rawValue : "disabled",
                    service.restarts == 0 ? "" : "\(service.restarts) restarts",
                    service.endpoints.joined(separator: " "),
                ]
            }
            let failures = report.services.compactMap { service in
                service.lastFailure.map { "  \(service.name) failed at \($0.time): \($0.reason)\n" }
            }
            let unconfirmed = report.unconfirmed.map {
                "revision \($0.revision) is taken back at \($0.until) unless it is confirmed\n"
            }
            return "\(report.name): \(running)\nrevision \(report.revision), \(durable)\n" + (unconfirmed ?? "")
                + TextTable.text(services, indent: "  ") + failures.joined()
        }
    }

    struct Show: Verb {
        static let configuration = CommandConfiguration(
            abstract: "Print settings and state, all of them or what a path names: web, web.listen, web.state.counters."
        )
        @OptionGroup var target: Target
        @Option(name: .long, help: ArgumentHelp("As it was at this revision, snapshot or time.", valueName: "point"))
        var at: String?

        func perform(_ invocation: Invocation) throws -> ExitStatus {
            let (tap, arguments) = try target.resolve(atMost: 1, invocation)
            let at = at
            let datum = try target.with(tap, invocation) { try await $0.contents(of: arguments.first, at: at) }
            invocation.console.print(target.json ? JSONWriter.pretty(datum) + "\n" : YAMLWriter.write(datum))
            return .done
        }
    }

    struct Export: Verb {
        static let configuration = CommandConfiguration(
            abstract:
                "Print the description that mktap --from makes an equal tap of, or take it into one that is there.",
            usage: """
                tapctl export [TAP] [--at POINT] [--into FILE]
                tapctl export [TAP] --state [FILE]
                """,
            discussion: """
                With --into only what differs is changed in the file: comments, order, quotes and blank lines of all \
                else stay as they are. With --state it is what services remember, as text that mktap --state begins a tap \
                with; equal state makes equal text.
                """)
        @OptionGroup var target: Target
        @Option(
            name: .long,
            help: ArgumentHelp("Write what was changed at run time into this description.", valueName: "file"))
        var into: String?
        @Option(name: .long, help: ArgumentHelp("As it was at this revision, snapshot or time.", valueName: "point"))
        var at: String?
        @Flag(name: .long, help: "Print it in the clear, though the tap is encrypted.")
        var plain = false
        @Flag(name: .long, help: "Write what services remember, to FILE or to standard output, and no description.")
        var state = false
        @Flag(name: .long, help: "With --state, replace a file that is there already.")
        var force = false

        func perform(_ invocation: Invocation) throws -> ExitStatus {
            if state { return try exportState(invocation) }
            guard !force else { throw UsageError(problem: "--force goes with --state FILE", help: "export --help") }
            let tap = try target.resolve(atMost: 0, invocation).tap
            let at = at
            let datum = try target.with(tap, invocation) { try await $0.description(at: at) }
            if let into {
                try invocation.checkOutside("export --into")
                let changed = try DescriptionFile(into, target.passphrase).take(datum, kinds: invocation.kinds)
                return try target.report(
                    ["changed": changed], "\(into): \(changed ? "says what is in \(tap) now" : "says so already")\n",
                    invocation)
            }
            let text = target.json ? JSONWriter.pretty(datum) + "\n" : YAMLWriter.write(datum)
            // What is encrypted in the tap is so in what leaves it.
            if !plain, invocation.inside?.isSealed ?? Tap.isSealed(tap) {
                try invocation.checkOutside("an encrypted export, without --plain,")
                invocation.console.print(try SealedText.seal(text, passphrase: target.passphrase.existing(tap)))
            } else {
                invocation.console.print(text)
            }
            return .done
        }
    }

    struct History: Verb {
        static let configuration = CommandConfiguration(abstract: "List the revisions, oldest first.")
        @OptionGroup var target: Target

        func perform(_ invocation: Invocation) throws -> ExitStatus {
            let tap = try target.resolve(atMost: 0, invocation).tap
            let revisions = try target.with(tap, invocation) { try await $0.history() }
            return try target.report(revisions, text(revisions), invocation)
        }

        private func text(_ revisions: [Revision]) -> String {
            let rows = revisions.map { revision in
                [
                    "\(revision.revision)", revision.time, revision.kind.rawValue, revision.status.rawValue,
                    revision.author,
                    revision.origin, revision.snapshot ?? "", revision.comment,
                ]
            }
            return TextTable.text(
                [["REVISION", "TIME", "KIND", "STATUS", "AUTHOR", "ORIGIN", "SNAPSHOT", "COMMENT"]] + rows)
        }
    }

    struct Diff: Verb {
        static let configuration = CommandConfiguration(
            abstract: "Compare two points, or one with now.",
            usage: "tapctl diff [TAP] A [B] [--settings|--state] [--service NAME]")
        @OptionGroup var target: Target
        @Flag(name: .long, help: "Compare settings only.")
        var settings = false
        @Flag(name: .long, help: "Compare state only.")
        var state = false
        @Option(name: .long, help: ArgumentHelp("Compare this service only.", valueName: "name"))
        var service: String?

        func perform(_ invocation: Invocation) throws -> ExitStatus {
            let (tap, arguments) = try target.resolve(atMost: 2, invocation)
            guard let from = arguments.first else {
                throw UsageError(problem: "name a revision to compare with", help: "diff --help")
            }
            let to = arguments.dropFirst().first
            let differences = try target.with(tap, invocation) { try await $0.differences(from: from, to: to) }
                .filter(isMeant)
            return try target.report(differences, differences.map(line).joined(), invocation)
        }

        /// Paths are `web.listen`, `web.state.counters`: no service has a dot in its name, and no kind a key "state".
        private func isMeant(_ difference: Difference) -> Bool {
            let steps = difference.path.split(separator: ".")
            if let service, steps.first.map(String.init) != service { return false }
            guard settings != state else { return true }
            return (steps.dropFirst().first == "state") == state
        }

        private func line(_ difference: Difference) -> String {
            switch (difference.from, difference.to) {
            case (.null, let to): "+ \(difference.path): \(JSONWriter.line(to))\n"
            case (let from, .null): "- \(difference.path): \(JSONWriter.line(from))\n"
            case (let from, let to): "~ \(difference.path): \(JSONWriter.line(from)) -> \(JSONWriter.line(to))\n"
            }
        }
    }

    struct Verify: Verb {
        static let configuration = CommandConfiguration(
            abstract: "Check the file, what refers to what, and every stored value.")
        @OptionGroup var target: Target
        @Flag(
            name: .long,
            help: "Say what would be migrated when this program starts it, each step tried out; nothing is changed.")
        var migrate = false

        func perform(_ invocation: Invocation) throws -> ExitStatus {
            let tap = try target.resolve(atMost: 0, invocation).tap
            if migrate { return try tryMigration(of: tap, invocation) }
            let findings = try target.with(tap, invocation) { try await $0.verify() }
            if target.json {
                try invocation.console.print(json: findings)
            } else {
                invocation.console.print(
                    findings.isEmpty ? "\(tap): no problems found\n" : findings.map { "\(tap): \($0)\n" }.joined())
            }
            return findings.isEmpty ? .done : .badData
        }
    }
}
