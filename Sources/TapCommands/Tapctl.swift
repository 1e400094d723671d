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
                Status.self, Show.self, Export.self, History.self, Snapshot.self, Rollback.self, Diff.self, Prune.self,
                Verify.self, Repair.self, Backup.self, Rekey.self, Logs.self, Reload.self, Upgrade.self, Stop.self,
                Schema.self,
            ])
    }

    static func run(_ words: [String], _ invocation: Invocation) throws -> ExitStatus {
        let verbs = Arguments.configuration.subcommands.map { $0._commandName }
        if let word = words.first, !word.hasPrefix("-"), !verbs.contains(word), word != "help" {
            throw UsageError(problem: "there is no verb \"\(word)\".\(suggestion(for: word, among: verbs))")
        }
        let command: any ParsableCommand
        do {
            command = try Arguments.parseAsRoot(words)
        } catch {
            if Arguments.exitCode(for: error).isSuccess {
                throw HelpRequest(text: Arguments.fullMessage(for: error) + "\n")
            }
            let message = Arguments.message(for: error)
            throw UsageError(problem: message.prefix(1).lowercased() + message.dropFirst())
        }
        guard let verb = command as? any Verb else { throw HelpRequest(text: Arguments.helpMessage() + "\n") }
        return try verb.perform(invocation)
    }
}

/// One of tapctl's commands.
protocol Verb: ParsableCommand {
    func perform(_ invocation: Invocation) throws -> ExitStatus
}

/// What every verb takes: a tap, and the verb's own arguments.
struct Target: ParsableArguments {
    @Flag(name: .long, help: "Print the result as JSON.")
    var json = false
    @Option(
        name: .long, help: ArgumentHelp("The control socket, when it is not where tapd puts it.", valueName: "path"))
    var control: String?
    @OptionGroup var passphrase: PassphraseOptions
    @Argument(help: ArgumentHelp("The tap, then the arguments of the verb.", valueName: "tap"))
    var words: [String] = []

    /// Finds the tap among the words.
    ///
    /// Throws ``UsageError`` when there are more arguments than the verb takes.
    func resolve(atMost count: Int) throws -> (tap: String, arguments: [String]) {
        var arguments = words
        let tap: String
        if let first = arguments.first, first.hasSuffix(".tap") || first.contains("/") || isFile(first) {
            tap = arguments.removeFirst()
        } else {
            // Who names a socket need not name a tap, which an application in memory does not have.
            tap = try control ?? onlyTap()
        }
        guard arguments.count <= count else {
            throw UsageError(problem: "too many arguments: \(arguments.dropFirst(count).joined(separator: " "))")
        }
        return (tap, arguments)
    }

    /// Finds the tap and the one other file among the words.
    func resolveTwo(_ what: String, help: String) throws -> (tap: String, file: String) {
        if words.count == 1 { return (try onlyTap(), words[0]) }
        let (tap, arguments) = try resolve(atMost: 1)
        guard let file = arguments.first else { throw UsageError(problem: "name \(what)", help: help) }
        return (tap, file)
    }

    private func isFile(_ path: String) -> Bool {
        var file = stat()
        return stat(path, &file) == 0 && file.st_mode & S_IFMT == S_IFREG
    }

    private func onlyTap() throws -> String {
        var names: [String] = []
        if let folder = opendir(".") {
            defer { closedir(folder) }
            while let entry = readdir(folder) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name.hasSuffix(".tap"), !name.hasPrefix(".") { names.append(name) }
            }
        }
        guard let only = names.first, names.count == 1 else {
            let found =
                names.isEmpty
                ? "there is none in this folder" : "this folder has \(names.sorted().joined(separator: ", "))"
            throw UsageError(problem: "name a tap: \(found)")
        }
        return only
    }

    /// Does something with the application of a tap and waits for it.
    func with<Result: Sendable>(
        _ tap: String, _ invocation: Invocation,
        _ body: @escaping @Sendable (any ControlledApplication) async throws -> Result
    ) throws -> Result {
        let (control, passphrase) = (control, passphrase)
        return try Blocking.run {
            if let control {
                guard let running = try RemoteApplication(socket: control) else {
                    throw ControlError.notRunning(tap: tap)
                }
                return try await body(running)
            }
            return try await body(Connection.application(of: tap, kinds: invocation.kinds, passphrase))
        }
    }

    /// Who asks, through what.
    func authorship(_ comment: String? = nil) -> Authorship {
        Authorship(author: UserName.current, origin: "tapctl", comment: comment ?? "")
    }
}
