import ArgumentParser
import Glibc
import Logging
import TapConfig
import TapControl
import TapData
import TapFile
import TapLog
import TapRunner
import Taproom

/// `tapd`: runs applications.
enum Tapd {
    struct Arguments: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "tapd", abstract: "Run a network application.",
            usage: """
                tapd -f TAP
                tapd -y DESCRIPTION [--tap TAP]
                tapd KIND [options of KIND]
                """,
            discussion: """
                With -f an application runs from its tap, and what it remembers is stored there. With -y it runs from a tap \
                that is made from a description, and merged with it at every start. With a kind it runs in memory.

                SIGTERM and SIGINT stop it: connections are finished, state is stored, and the tap is a single complete file.
                """,
            version: "tapd \(ProgramVersion.text)")

        @Option(name: .shortAndLong, help: ArgumentHelp("Run this tap.", valueName: "tap"))
        var file: String?
        @Option(
            name: [.customShort("y"), .long],
            help: ArgumentHelp("Run this description, YAML or JSON.", valueName: "file"))
        var description: String?
        @Option(
            name: .long, help: ArgumentHelp("Where the tap of a description is. Default: beside it.", valueName: "tap"))
        var tap: String?
        @Option(
            name: .long,
            help: ArgumentHelp("Where file and run-time change disagree, take: file or running.", valueName: "side"))
        var onConflict: Merge.Side?
        @Flag(name: .shortAndLong, help: "Stay in the foreground. This is what it does; the option is for habit.")
        var nodaemon = false
        @Flag(
            name: .shortAndLong,
            help: "The tap is encrypted, or is to be when it is made. What is encrypted is recognised without this too."
        )
        var encrypted = false
        @OptionGroup var passphrase: PassphraseOptions
        @Flag(name: [.customShort("o"), .long], help: "Do not store state at the end.")
        var noSave = false
        @Option(
            name: .long,
            help: ArgumentHelp(
                "Make a snapshot so often when something has changed: 10s, 5m, 1h, 1d.", valueName: "duration"),
            transform: interval)
        var saveEvery: TimeSpan?
        @Flag(name: .long, help: "Leave services of unknown kinds alone, untouched, and run the others.")
        var quarantine = false
        @Option(name: .shortAndLong, help: "Run as this user instead of the one the tap names.")
        var uid: String?
        @Option(name: .shortAndLong, help: "Run as this group instead of the one the tap names.")
        var gid: String?
        @Option(
            name: .long,
            help: ArgumentHelp(
                "The control socket. Default: the tap's path with .sock for its ending.", valueName: "path"))
        var control: String?
        @Option(
            name: .long, help: "Log from this level on: trace, debug, info, notice, warning, error or critical.",
            transform: level)
        var logLevel = Logger.Level.notice
        @Argument(
            parsing: .captureForPassthrough,
            help: ArgumentHelp("A kind of service to run in memory, and its options.", valueName: "kind"))
        var kind: [String] = []
    }

    @Sendable private static func level(_ word: String) throws -> Logger.Level {
        guard let level = Logger.Level(rawValue: word) else {
            throw ValidationError(
                "\"\(word)\" is no level.\(suggestion(for: word, among: Logger.Level.allCases.map(\.rawValue)))")
        }
        return level
    }

    @Sendable private static func interval(_ text: String) throws -> TimeSpan {
        guard let span = TimeSpan(text), span.milliseconds >= 100 else {
            throw ValidationError("\"\(text)\" is no duration of 100ms or more, such as 30s, 5m or 1h")
        }
        return span
    }

    static func run(_ words: [String], _ invocation: Invocation) throws -> ExitStatus {
        let arguments = try Arguments.read(words)
        let sources = [arguments.file != nil, arguments.description != nil, !arguments.kind.isEmpty].filter { $0 }.count
        guard sources > 0 else {
            throw UsageError(problem: "nothing to run: name a tap with -f, a description with -y, or a kind")
        }
        guard sources == 1 else { throw UsageError(problem: "-f, -y and a kind exclude each other") }
        let logger = try LogOutput(LogConfiguration(level: arguments.logLevel)).logger("tapd")
        var configuration = RunnerConfiguration(kinds: invocation.kinds, logger: logger)
        configuration.user = arguments.uid
        configuration.group = arguments.gid
        configuration.isSaving = !arguments.noSave
        configuration.saveEvery = arguments.saveEvery?.duration
        configuration.isQuarantining = arguments.quarantine
        configuration.controlSocket = arguments.control
        if arguments.file == nil && arguments.description == nil {
            return try Runner.run(inMemory(arguments, invocation), isInMemory: true, configuration)
        }
        let path = arguments.file ?? arguments.tap ?? arguments.description.map(defaultTap) ?? ""
        configuration.controlSocket = arguments.control ?? ControlSocket.path(forTap: path)
        let passphrase = try passphrase(path, arguments)
        if let file = arguments.description { try prepare(path, passphrase, from: file, arguments, invocation, logger) }
        let tap = try TapStart.open(
            path, passphrase: passphrase ?? arguments.passphrase.opening(path), kinds: invocation.kinds, logger)
        return try Runner.run(tap, isInMemory: false, configuration)
    }

    private static func inMemory(_ arguments: Arguments, _ invocation: Invocation) throws -> Tap {
        let service = try KindCommand(arguments.kind, invocation).service()
        let application = Application(name: service.name, services: [service])
        return try Tap.make(
            inMemory: service.name, application, by: Authorship(author: UserName.current, origin: "tapd"))
    }

    /// What opens the tap, or the one that is to be made.
    private static func passphrase(_ path: String, _ arguments: Arguments) throws -> String? {
        if let passphrase = try arguments.passphrase.opening(path) { return passphrase }
        guard arguments.encrypted else { return nil }
        guard arguments.description != nil, access(path, F_OK) != 0 else { throw NotEncrypted(tap: path) }
        return try arguments.passphrase.new(path)
    }

    /// `site.tap` beside `site.yaml`.
    private static func defaultTap(of description: String) -> String {
        let name = description.split(separator: "/").last ?? ""
        guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return description + ".tap" }
        return String(description[..<dot]) + ".tap"
    }

    /// Makes the tap of a description, or merges the description into the one that is there.
    private static func prepare(
        _ path: String, _ passphrase: String?, from file: String, _ arguments: Arguments, _ invocation: Invocation,
        _ logger: Logger
    ) throws {
        let description = try DescriptionFile(file, arguments.passphrase)
        let wanted = try description.application(kinds: invocation.kinds)
        let authorship = Authorship(author: UserName.current, origin: "tapd", comment: "from \(description.base.name)")
        guard access(path, F_OK) == 0 else {
            return try Tap.make(
                path, wanted, base: description.base, passphrase: passphrase ?? description.passphrase, by: authorship)
        }
        let tap = try TapStart.open(path, passphrase: passphrase, kinds: invocation.kinds, logger)
        let merge = try Merge(
            base: tap.base().map {
                try DescriptionFile.application(of: $0, folder: description.folder, kinds: invocation.kinds)
            },
            file: wanted, running: tap.application(), favoring: arguments.onConflict)
        guard merge.conflicts.isEmpty else { throw MergeConflict(file: file, tap: path, conflicts: merge.conflicts) }
        let merged = try merge.application(kinds: invocation.kinds)
        let isOtherText = try tap.base() != description.base
        let revision = try tap.commit { () -> Int? in
            let isChanged = try tap.store(merged)
            guard isChanged || isOtherText else { return nil }
            try tap.store(description.base)
            return try tap.addRevision(.import, by: authorship)
        }
        try tap.close()
        if let revision {
            logger.notice("description merged", metadata: ["file": "\(file)", "revision": "\(revision)"])
        }
    }
}

/// A tap that was said to be encrypted.
private struct NotEncrypted: ReportableError {
    var tap: String
    var description: String { "\(tap): is not encrypted" }
    var advice: String? { "tapctl rekey encrypts it." }
    var exitStatus: ExitStatus { .usage }
}

extension Merge.Side: ExpressibleByArgument {}
