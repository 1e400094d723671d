import ArgumentParser
import Glibc
import TapConfig
import TapControl
import TapData
import TapFile
import Taproom

extension Tapctl {
    struct Plan: Verb {
        static let configuration = CommandConfiguration(
            abstract: "Say what a description, or settings, would change, and do nothing.",
            usage: "tapctl plan [TAP] FILE|PATH=VALUE...",
            discussion: "apply and set do exactly what plan says.")
        @OptionGroup var target: Target
        @Option(
            name: .long, help: ArgumentHelp("Whose word counts where both changed: file or running.", valueName: "side")
        )
        var onConflict: Merge.Side?

        func perform(_ invocation: Invocation) throws -> ExitStatus {
            let (tap, arguments) = try target.resolve(atMost: .max, invocation)
            guard let first = arguments.first else {
                throw UsageError(problem: "name a description, or settings as PATH=VALUE", help: "plan --help")
            }
            var request = ChangeRequest()
            if arguments.count == 1, !first.contains("=") || access(first, F_OK) == 0 {
                request.description = try invocation.description(first, target.passphrase).transferred(onConflict)
            } else {
                request = ChangeRequest(try Assignment.edits(arguments), folder: LocalPath.workingFolder)
            }
            let plan = try target.with(tap, invocation) { [request] in try await $0.plan(request) }
            return try target.report(
                plan, plan.isEmpty ? "\(tap): nothing to change\n" : ChangeText.text(plan), invocation)
        }
    }

    struct Apply: ChangingVerb {
        static let configuration = CommandConfiguration(
            abstract: "Merge a description with what was changed at run time, and run what comes of it.",
            usage: "tapctl apply [TAP] FILE [--confirm 10m] [--on-conflict file|running]",
            discussion: """
                The description is compared with the one the application was made from or last merged with: what only \
                one side changed is taken from it, and what both changed differently is reported, and nothing is done.
                """)
        @OptionGroup var target: Target
        @Option(
            name: .long,
            help: ArgumentHelp(
                "Take it back after this time unless tapctl confirm comes before.", valueName: "duration"))
        var confirm: String?
        @Option(
            name: .long, help: ArgumentHelp("Whose word counts where both changed: file or running.", valueName: "side")
        )
        var onConflict: Merge.Side?
        @Option(name: .shortAndLong, help: "A remark for the history.")
        var comment: String?
        var place: Place { target.place }

        func request(_ invocation: Invocation) throws -> (tap: String, request: ChangeRequest) {
            let (tap, file) = try target.resolveTwo("the description to apply", help: "apply --help", invocation)
            var request = ChangeRequest()
            request.description = try invocation.description(file, target.passphrase).transferred(onConflict)
            request.confirm = try confirm.map { text in
                guard let limit = TimeSpan(text), limit.milliseconds > 0 else {
                    throw UsageError(
                        problem: "\"\(text)\" is no duration such as 30s, 10m or 1h", help: "apply --help")
                }
                return limit
            }
            return (tap, request)
        }
    }

    struct Confirm: Verb {
        static let configuration = CommandConfiguration(
            abstract: "Have the change that waits for it count for good.")
        @OptionGroup var target: Target

        func perform(_ invocation: Invocation) throws -> ExitStatus {
            let tap = try target.resolve(atMost: 0, invocation).tap
            let authorship = invocation.authorship()
            let revision = try target.with(tap, invocation) { try await $0.confirm(by: authorship) }
            return try target.report(["revision": revision], "\(tap): revision \(revision) is confirmed\n", invocation)
        }
    }

    struct Drift: Verb {
        static let configuration = CommandConfiguration(
            abstract: "Show where settings differ from the description, and who changed them.",
            usage: "tapctl drift [TAP] [FILE]",
            discussion: "Without FILE the description is meant that the application was made from or last merged with.")
        @OptionGroup var target: Target

        func perform(_ invocation: Invocation) throws -> ExitStatus {
            let (tap, arguments) = try target.resolve(atMost: 1, invocation)
            let description = try arguments.first.map {
                try invocation.description($0, target.passphrase).transferred(nil)
            }
            let drift = try target.with(tap, invocation) { try await $0.drift(from: description) }
            return try target.report(drift, drift.map(text).joined(), invocation)
        }

        private func text(_ drift: TapControl.Drift) -> String {
            let values = [drift.file, drift.running].map { $0 == .null ? "nothing" : JSONWriter.line($0) }
            let change = drift.revision.map { " (revision \($0), \(drift.author ?? ""))" } ?? ""
            let place = "line \(drift.line)" + (drift.extended.map { " of \($0)" } ?? "")
            return "\(drift.path): \(place) says \(values[0]), running is \(values[1])\(change)\n"
        }
    }

    struct Blame: Verb {
        static let configuration = CommandConfiguration(
            abstract: "Show who set each setting to what it is, and when.", usage: "tapctl blame [TAP] [PATH]")
        @OptionGroup var target: Target

        func perform(_ invocation: Invocation) throws -> ExitStatus {
            let (tap, arguments) = try target.resolve(atMost: 1, invocation)
            let blame = try target.with(tap, invocation) { try await $0.blame(arguments.first) }
            return try target.report(blame, text(blame), invocation)
        }

        private func text(_ blame: [TapControl.Blame]) -> String {
            let rows = blame.map { entry in
                [
                    "\(entry.revision)", entry.time, entry.author, entry.path, JSONWriter.line(entry.value),
                    entry.comment,
                ]
            }
            return TextTable.text([["REVISION", "TIME", "AUTHOR", "PATH", "VALUE", "COMMENT"]] + rows)
        }
    }
}

extension DescriptionFile {
    /// As it goes to the application.
    func transferred(_ side: Merge.Side?) -> DescriptionText {
        DescriptionText(text: text, file: base.name, onConflict: side)
    }
}
