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
                tapd [options] -f TAP
                tapd [options] -y DESCRIPTION [--tap TAP]
                tapd [options] KIND [options of KIND]
                """,
            discussion: """
                With -f an application runs from its tap, and what it remembers is stored there. With -y it runs from a tap \
                that is made from a description, and merged with it at every start. With a kind it runs in memory.

                SIGTERM and SIGINT stop it: connections are finished, state is stored, and the tap is a single complete \
                file; a second one hurries, a third ends it at once. SIGHUP reads the description again, SIGUSR1 opens the \
                log again, SIGUSR2 hands everything to a new program of the same name.
                """,
            version: "tapd \(ProgramVersion.text)")

        @OptionGroup(title: "What runs") var source: SourceOptions
        @OptionGroup(title: "What is kept") var saving: SavingOptions
        @OptionGroup(title: "The process") var process: ProcessOptions
        @OptionGroup(title: "The log") var log: LogOptions
        @Argument(
            parsing: .captureForPassthrough,
            help: ArgumentHelp("A kind of service to run in memory, and its options.", valueName: "kind"),
            completion: KindListing.words)
        var kind: [String] = []
    }

    static func run(_ words: [String], _ invocation: Invocation) throws -> ExitStatus {
        guard let predecessor = try Predecessor.find() else { return try run(words, invocation, after: nil) }
        do {
            return try run(words, invocation, after: predecessor)
        } catch {
            let known = error as? any ReportableError
            predecessor.sayThatItFailed(known?.exitStatus ?? .software, known?.description ?? "\(error)")
            throw error
        }
    }

    private static func run(
        _ words: [String], _ invocation: Invocation, after predecessor: Predecessor?
    ) throws -> ExitStatus {
        predecessor?.enterFolder()
        let program = ProgramStart()
        let arguments = try Arguments.plain(words) ?? Arguments.read(words)
        if arguments.process.helpReactors {
            throw HelpRequest(text: TextTable.text(reactors.map { [$0.name, $0.summary] }, indent: "  "))
        }
        try check(arguments)
        let source = try source(arguments, invocation, after: predecessor)
        var configuration = RunnerConfiguration(kinds: invocation.kinds)
        configuration.program = program
        configuration.predecessor = predecessor
        configuration.serviceManager = ServiceManager.fromEnvironment()
        // Who takes over is in the background already.
        if arguments.process.daemon, predecessor == nil {
            switch try Detachment.begin() {
            case .parent(let status): return status
            case .child(let detachment): configuration.detachment = detachment
            }
        }
        return try run(source, arguments, configuration, invocation)
    }

    private static func check(_ arguments: Arguments) throws {
        let (source, process) = (arguments.source, arguments.process)
        if let word = arguments.kind.first, let advice = FormerOptions.advice(for: word) {
            throw UsageError(problem: advice)
        }
        let count = [source.file != nil, source.description != nil, !arguments.kind.isEmpty].filter { $0 }.count
        guard count > 0 else {
            throw UsageError(problem: "nothing to run: name a tap with -f, a description with -y, or a kind")
        }
        guard count == 1 else { throw UsageError(problem: "-f, -y and a kind exclude each other") }
        guard source.state == nil || source.description != nil else {
            throw UsageError(problem: "--state is what the tap of a description begins with: name one with -y")
        }
        guard !process.daemon || !process.nodaemon else {
            throw UsageError(problem: "--daemon and --nodaemon exclude each other")
        }
        guard !process.daemon || arguments.log.logfile != "-" else {
            throw UsageError(problem: "-l - writes to the terminal, which --daemon leaves: name a file")
        }
        if let file = source.description, [".tac", ".py", ".tas", ".tax"].contains(where: file.hasSuffix) {
            throw UsageError(problem: "\(file): \(FormerOptions.advice(for: "--python") ?? "")")
        }
    }

    private static func run(
        _ source: TapSource, _ arguments: Arguments, _ configuration: RunnerConfiguration, _ invocation: Invocation
    ) throws -> ExitStatus {
        var configuration = configuration
        let process = arguments.process
        if let mask = process.umask ?? (process.daemon ? 0o077 : nil) { umask(mask) }
        let stem = source.path ?? arguments.kind.first ?? ""
        let log = try arguments.log.open(beside: process.daemon ? stem : nil)
        configuration.logger = log.logger("tapd")
        configuration.log = log
        configuration.user = process.uid
        configuration.group = process.gid
        configuration.isOnlyEffective = process.euid
        let control = try ControlPlaces(process.control, tap: source.path)
        (configuration.controlSocket, configuration.controlPort) = (absolute(control.socket), control.port)
        configuration.controlGroup = process.controlGroup
        configuration.place = ProcessPlace(root: process.chroot, folder: process.rundir)
        configuration.pidFile = try configuration.predecessor?.pidFile ?? pidFile(process, beside: stem)
        configuration.isSaving = !arguments.saving.noSave
        configuration.saveEvery = arguments.saving.saveEvery?.duration
        configuration.isQuarantining = arguments.source.quarantine
        let (kinds, isSealed, recent) = (invocation.kinds, source.isSealed, log.recent)
        configuration.shell = { TapctlShell($0, tap: stem, isSealed: isSealed, kinds: kinds, logs: recent) }
        defer { log.end() }
        return try Runner.run(source, configuration)
    }

    private static func pidFile(_ process: ProcessOptions, beside stem: String) throws -> PidFile? {
        let path = process.pidfile ?? (process.daemon ? SiblingFile.path(of: stem, ending: "pid") : "")
        return path.isEmpty ? nil : try PidFile(LocalPath(path, in: LocalPath.workingFolder).text)
    }

    private static func absolute(_ path: String?) -> String? {
        path.map { LocalPath($0, in: LocalPath.workingFolder).text }
    }

    private static func source(
        _ arguments: Arguments, _ invocation: Invocation, after predecessor: Predecessor?
    ) throws -> TapSource {
        let options = arguments.source
        // Who takes over goes on from where the application is, and with what opens it.
        let point = predecessor == nil ? options.snapshot : nil
        if let file = options.file {
            let passphrase = try predecessor.map(\.passphrase) ?? passphrase(file, options)
            return TapSource(.file(file, passphrase: passphrase), point: point)
        }
        guard let file = options.description else {
            guard options.snapshot == nil else {
                throw UsageError(problem: "an application in memory has no earlier points for --snapshot")
            }
            let service = try KindCommand(arguments.kind, invocation).service()
            return TapSource(.memory(Application(name: service.name, services: [service])))
        }
        let path = options.tap ?? SiblingFile.path(of: file, ending: "tap")
        let passphrase = try predecessor.map(\.passphrase) ?? passphrase(path, options)
        var source = try source(of: file, path, passphrase, options, invocation)
        source.point = point
        return source
    }

    /// The tap of a description: one that is there, or is made now.
    private static func source(
        of file: String, _ path: String, _ passphrase: String?, _ options: SourceOptions, _ invocation: Invocation
    ) throws -> TapSource {
        var passphrase = passphrase
        let kinds = invocation.kinds
        let description = DescriptionSource(
            file: file, favoring: options.onConflict, options.passphrase, invocation)
        if access(path, F_OK) != 0 {
            let description = try DescriptionFile(file, options.passphrase)
            passphrase = passphrase ?? description.passphrase
            let (application, base) = try description.understood(kinds, warning: nil)
            let state = try options.state.map { InitialState(try StateTextSource(file: $0), kinds: kinds) }
            try Tap.make(
                path, application, base: base, state: state, packages: kinds.packages(for: application),
                passphrase: passphrase,
                by: Authorship(author: UserName.current, origin: "tapd", comment: "from \(base.fileName)"))
        }
        return TapSource(.file(path, passphrase: passphrase), description: description)
    }

    /// What opens the tap, or the one that is to be made.
    private static func passphrase(_ path: String, _ options: SourceOptions) throws -> String? {
        if let passphrase = try options.passphrase.opening(path) { return passphrase }
        guard options.encrypted else { return nil }
        guard options.description != nil, access(path, F_OK) != 0 else { throw NotEncrypted(tap: path) }
        return try options.passphrase.new(path)
    }
}

/// The files that stand beside a tap or a description under its name.
enum SiblingFile {
    /// `site.tap` beside `site.yaml`.
    static func path(of file: String, ending: String) -> String {
        let name = file.split(separator: "/").last ?? ""
        guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return "\(file).\(ending)" }
        return file[..<dot] + "." + ending
    }
}

/// A tap that was said to be encrypted.
private struct NotEncrypted: ReportableError {
    var tap: String
    var description: String { "\(tap): is not encrypted" }
    var advice: String? { "tapctl rekey encrypts it." }
    var exitStatus: ExitStatus { .usage }
}
