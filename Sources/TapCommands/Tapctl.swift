import ArgumentParser
import Glibc
import TapControl
import TapData
import TapFile
import TapRunner
import Taproom

/// `tapctl`: looks into applications and changes them, running or not.
enum Tapctl {
    struct Arguments: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "tapctl", abstract: "Look into an application and change it, running or not.",
            usage: "tapctl VERB [TAP] [arguments]",
            discussion: """
                Without TAP the only tap in this folder is meant. A running application is asked through its control \
                socket; the words and the output are the same.
                """,
            version: "tapctl \(ProgramVersion.text)",
            subcommands: [
                Status.self, Show.self, Set.self, Add.self, Remove.self, Enable.self, Disable.self, Restart.self,
                Plan.self, Apply.self, Confirm.self, Drift.self, Blame.self, Export.self, History.self, Snapshot.self,
                Rollback.self, Diff.self, Prune.self, Verify.self, Repair.self, Backup.self, Rekey.self, Logs.self,
                Reload.self, Upgrade.self, Stop.self, Schema.self, Token.self,
            ])
    }

    static func run(_ words: [String], _ invocation: Invocation) throws -> ExitStatus {
        let verbs = Arguments.configuration.subcommands.map { $0._commandName }
        if let word = words.first, !word.hasPrefix("-"), !verbs.contains(word), word != "help" {
            throw UsageError(problem: "there is no verb \"\(word)\".\(suggestion(for: word, among: verbs))")
        }
        let command: any ParsableCommand
        do {
            command = try Arguments.parseAsRoot(Add.ordered(words))
        } catch {
            if Arguments.exitCode(for: error).isSuccess {
                throw HelpRequest(text: Arguments.fullMessage(for: error) + "\n")
            }
            let message = Arguments.message(for: error)
            throw UsageError(problem: message.prefix(1).lowercased() + message.dropFirst())
        }
        guard let verb = command as? any Verb else { throw help(from: command) }
        return try verb.perform(invocation)
    }

    /// What ArgumentParser's command for help says, which it does by throwing it.
    private static func help(from command: any ParsableCommand) -> HelpRequest {
        var command = command
        do {
            try command.run()
            return HelpRequest(text: Arguments.helpMessage() + "\n")
        } catch {
            return HelpRequest(text: Arguments.fullMessage(for: error) + "\n")
        }
    }
}

/// One of tapctl's commands.
protocol Verb: ParsableCommand {
    func perform(_ invocation: Invocation) throws -> ExitStatus
}

/// What every verb takes: a tap, and the verb's own arguments.
struct Target: ParsableArguments {
    @OptionGroup var place: Place
    @Argument(help: ArgumentHelp("The tap, then the arguments of the verb.", valueName: "tap"))
    var words: [String] = []

    var json: Bool { place.json }
    var control: String? { place.control }
    var passphrase: PassphraseOptions { place.passphrase }

    /// Finds the tap among the words.
    ///
    /// Throws ``UsageError`` when there are more arguments than the verb takes.
    func resolve(atMost count: Int, _ invocation: Invocation) throws -> (tap: String, arguments: [String]) {
        try place.resolve(words, atMost: count, invocation)
    }

    /// Finds the tap and the one other file among the words.
    func resolveTwo(_ what: String, help: String, _ invocation: Invocation) throws -> (tap: String, file: String) {
        if words.count == 1 { return (try invocation.inside?.tap ?? Place.onlyTap(), words[0]) }
        let (tap, arguments) = try resolve(atMost: 1, invocation)
        guard let file = arguments.first else { throw UsageError(problem: "name \(what)", help: help) }
        return (tap, file)
    }

    /// Does something with the application of a tap and waits for it.
    func with<Result: Sendable>(
        _ tap: String, _ invocation: Invocation,
        _ body: @escaping @Sendable (any ControlledApplication) async throws -> Result
    ) throws -> Result {
        try place.with(tap, invocation, body)
    }

    /// Prints what came of it: as JSON when that is asked for, else as text.
    func report(
        _ result: some Encodable, _ text: @autoclosure () throws -> String, _ invocation: Invocation
    ) throws -> ExitStatus {
        try place.report(result, text(), invocation)
    }
}
