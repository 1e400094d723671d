import ArgumentParser
import Dispatch
import Glibc
import TapControl
import TapLog
import TapRunner
import Taproom

/// tapctl's verbs on the application that runs in this process.
struct TapctlShell: ApplicationShell {
    /// Verbs wait in threads, which those of Swift's tasks must not.
    private static let threads = DispatchQueue(label: "taproom.shell", attributes: .concurrent)
    private static let save = ShellVerb("save", "Put on disk what services have in memory only.")

    private let application: any ControlledApplication
    private let tap: String
    private let isSealed: Bool
    private let kinds: KindList
    private let logs: RecentLog?

    /// The verbs on an application.
    ///
    /// - Parameters:
    ///   - application: what they are about.
    ///   - tap: what answers call it.
    ///   - isSealed: whether its tap is encrypted.
    ///   - kinds: the kinds of the program.
    ///   - logs: the newest lines of its log.
    init(_ application: any ControlledApplication, tap: String, isSealed: Bool, kinds: KindList, logs: RecentLog?) {
        (self.application, self.tap, self.isSealed, self.kinds, self.logs) = (application, tap, isSealed, kinds, logs)
    }

    var applicationName: String {
        get async { (try? await application.status().name) ?? tap }
    }

    var verbs: [ShellVerb] {
        Tapctl.Arguments.configuration.subcommands.map {
            ShellVerb($0._commandName, $0.configuration.abstract)
        } + [TapctlShell.save]
    }

    func perform(
        _ words: [String], for person: ShellPerson, print: @escaping @Sendable (String) -> Bool
    ) async -> ExitStatus {
        let interruption = Interruption()
        let invocation = invocation(person, interruption, print)
        return await withTaskCancellationHandler {
            await TapctlShell.inThread { run(words, invocation) }
        } onCancel: {
            interruption.interrupt()
        }
    }

    /// Does something that may wait.
    static func inThread<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            threads.async { continuation.resume(returning: work()) }
        }
    }

    private func invocation(
        _ person: ShellPerson, _ interruption: Interruption, _ print: @escaping @Sendable (String) -> Bool
    ) -> Invocation {
        // Who may change settings may change who may what: there is nothing to be kept from them.
        let role = person.mayChange ? ControlRole.own : .read
        let output: Console.Output = { print(String(decoding: $0, as: UTF8.self)) ? 0 : EPIPE }
        let admitted = AdmittedApplication(application, name: person.name, role: role)
        return Invocation(
            tool: .tapctl, prefix: "", kinds: kinds, console: Console(results: output, complaints: output),
            inside: InsideApplication(
                application: admitted, tap: tap, isSealed: isSealed, author: person.name, origin: person.origin,
                role: role, logs: logs, interruption: interruption))
    }

    private func run(_ words: [String], _ invocation: Invocation) -> ExitStatus {
        do {
            let save = TapctlShell.save
            if [["help", save.word], [save.word, "--help"]].contains(words) {
                throw HelpRequest(text: save.summary + "\n")
            }
            guard words.first == save.word else { return try Tapctl.run(words, invocation) }
            return try self.save(words, invocation)
        } catch let help as HelpRequest {
            invocation.console.print(TapctlShell.insideText(help.text))
            return .done
        } catch {
            return invocation.report(error)
        }
    }

    /// There is no such verb of tapctl, for a tap at rest has nothing in memory.
    private func save(_ words: [String], _ invocation: Invocation) throws -> ExitStatus {
        guard words.count == 1 else { throw UsageError(problem: "save takes no arguments", help: "help") }
        guard let application = invocation.inside?.application else { return .software }
        let revision = try Blocking.run {
            try await application.save()
            return try await application.revision()
        }
        invocation.console.print("\(tap): saved, at revision \(revision)\n")
        return .done
    }

    /// What leads to a tap elsewhere, as help names it.
    private static let ways = ["<tap>", "--control <path>", "--passphrase-file <file>"]

    /// The help of a verb as it is typed here: without the tool, the tap, and the ways to it.
    static func insideText(_ help: String) -> String {
        var text = help.replacing("tapctl ", with: "").replacing("[TAP] ", with: "").replacing(" [TAP]", with: "")
            .replacing(" [<tap> ...]", with: "")
        for way in ways { text = text.replacing(" [\(way)]", with: "") }
        var isLeftOut = false
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).filter { line in
            // What an option means goes on in lines that are indented further.
            if !line.hasPrefix("   ") { isLeftOut = ways.contains { line.hasPrefix("  \($0)") } }
            return !isLeftOut
        }
        return lines.joined(separator: "\n").replacing("ARGUMENTS:\n\n", with: "")
    }

    func completions(of words: [String]) async -> [String] {
        guard let last = words.last else { return [] }
        let candidates: [String]
        if words.count == 1 {
            candidates = verbs.map(\.word)
        } else if words.first == "help" {
            candidates = words.count == 2 ? verbs.map(\.word) : []
        } else {
            candidates = (try? await application.status().services.map(\.name)) ?? []
        }
        return candidates.filter { $0.hasPrefix(last) }.sorted()
    }
}
