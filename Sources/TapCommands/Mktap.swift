import ArgumentParser
import Glibc
import TapConfig
import TapControl
import TapData
import TapFile
import TapPages
import TapRunner
import Taproom

/// `mktap`: makes taps and descriptions.
enum Mktap {
    /// What is written.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case tap, yaml, json
    }

    struct Arguments: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "mktap", abstract: "Make a tap: a network application in a file.",
            usage: """
                mktap [options] KIND [options of KIND]
                mktap --from FILE [options]
                mktap --list
                """,
            discussion: "The file is run with tapd, looked into with tapctl, and packaged with tap2deb.",
            version: "mktap \(ProgramVersion.text)")

        @Option(name: .shortAndLong, help: "Run as this user, a name or a number. Default: whoever starts it.")
        var uid: String?
        @Option(name: .shortAndLong, help: "Run as this group. Default: the user's own.")
        var gid: String?
        @Option(name: [.customShort("n"), .long], help: "The name of the application. Default: the word of the kind.")
        var appname: String?
        @Option(
            name: .shortAndLong,
            help: ArgumentHelp("Add the service to this tap, even while it runs.", valueName: "tap"))
        var append: String?
        @Option(
            name: .shortAndLong,
            help: ArgumentHelp("Write this file; - is standard output. Default: NAME.tap.", valueName: "file"))
        var output: String?
        @Option(name: .shortAndLong, help: "Write a tap, or a description of one: tap, yaml or json.")
        var type = Format.tap
        @Option(
            name: .long,
            help: ArgumentHelp("Make it from a description, YAML or JSON; - is standard input.", valueName: "file"))
        var from: String?
        @Option(
            name: .long,
            help: ArgumentHelp(
                "Begin with this state, as tapctl export --state writes it; - is standard input.", valueName: "file"))
        var state: String?
        @Flag(
            name: .shortAndLong,
            help: "Encrypt the tap, or the description, with a passphrase: settings, state and history.")
        var encrypted = false
        @OptionGroup var passphrase: PassphraseOptions
        @Flag(name: .long, help: "Replace a file that is there already.")
        var force = false
        @Flag(name: .long, help: "List the kinds of services, and where they come from.")
        var list = false
        @Flag(name: .long, help: "Print the list as JSON.")
        var json = false
        @Argument(
            parsing: .captureForPassthrough,
            help: ArgumentHelp("The kind of service, and its options.", valueName: "kind"),
            completion: KindListing.words)
        var kind: [String] = []
    }

    /// The options that are taken after the kind too, unless the kind has one of the same name.
    private static let movable: Set<String> = [
        "--uid", "--gid", "--appname", "--append", "--output", "--type", "--from", "--state", "-u", "-g", "-n", "-a",
        "-o", "-t",
        "--passphrase-file",
    ]

    static func run(_ words: [String], _ invocation: Invocation) throws -> ExitStatus {
        let taken = try optionsTaken(in: words, invocation)
        let words = words.movingToFront(
            options: movable.subtracting(taken), flags: Set(["--force", "--encrypted"]).subtracting(taken))
        let arguments =
            try Arguments.plain(words)
            ?? Arguments.read(words, also: "\nKINDS:\n" + KindListing(invocation.kinds).text + "\n")
        if arguments.list {
            let listing = KindListing(invocation.kinds)
            if arguments.json {
                try invocation.console.print(json: listing)
            } else {
                invocation.console.print(listing.text)
            }
            return .done
        }
        guard !arguments.json else { throw UsageError(problem: "--json shows what --list does, and goes with it only") }
        if let tap = arguments.append { return try append(to: tap, arguments, invocation) }
        if arguments.state != nil {
            guard arguments.type == .tap else {
                throw UsageError(problem: "--state is what a tap begins with, and a description has none")
            }
            guard arguments.state != "-" || arguments.from != "-" else {
                throw UsageError(problem: "--from and --state can't both be standard input")
            }
        }
        let description = try arguments.from.map { try DescriptionFile($0, arguments.passphrase) }
        let (application, base) = try application(description, arguments, invocation)
        switch arguments.type {
        case .tap: try writeTap(application, base, description?.passphrase, arguments, invocation)
        case .yaml: try write(Description.yaml(of: application), application, arguments, invocation)
        case .json: try write(Description.json(of: application), application, arguments, invocation)
        }
        return .done
    }

    /// The options after the word of a kind that mktap leaves to it, for it has some of the same name.
    ///
    /// The kind is asked only when that matters: its answer takes as long as making the tap.
    private static func optionsTaken(in words: [String], _ invocation: Invocation) throws -> Set<String> {
        guard let place = words.firstIndex(where: invocation.kinds.isWord) else { return [] }
        let names = words[place...].map { word in String(word.prefix { $0 != "=" }) }
        guard names.contains(where: { movable.contains($0) || ["--force", "--encrypted"].contains($0) }) else {
            return []
        }
        return try KindCommand.optionNames(of: invocation.kinds.kind(words[place]))
    }

    private static func application(
        _ description: DescriptionFile?, _ arguments: Arguments, _ invocation: Invocation
    ) throws -> (Application, BaseDescription?) {
        var application: Application
        var base: BaseDescription?
        if let description {
            if let word = arguments.kind.first {
                throw UsageError(problem: "--from and the kind \"\(word)\" exclude each other")
            }
            (application, base) = try description.understood(invocation.kinds, warning: invocation)
        } else {
            let service = try KindCommand(arguments.kind, invocation).service()
            application = Application(name: service.name, services: [service])
            invocation.warn(SecretLiterals.warnings(in: application))
        }
        if let name = arguments.appname {
            if let problem = Name.problem(name) { throw UsageError(problem: "--appname \(problem)") }
            application.name = name
        }
        application.user = try account(arguments.uid, "--uid") ?? application.user
        application.group = try account(arguments.gid, "--gid") ?? application.group
        return (application, base)
    }

    /// A user or group is looked up only when the application runs, on the machine where it runs.
    private static func account(_ text: String?, _ option: String) throws -> String? {
        guard let text else { return nil }
        let isPlain = text.unicodeScalars.allSatisfy { $0 > " " && $0 != ":" && $0 != "/" && $0 != "\u{7F}" }
        guard !text.isEmpty, isPlain, !text.hasPrefix("-") else {
            throw UsageError(problem: "\(option) must be a name or a number, but is \"\(text)\"")
        }
        return text
    }

    private static func writeTap(
        _ application: Application, _ base: BaseDescription?, _ passphrase: String?, _ arguments: Arguments,
        _ invocation: Invocation
    ) throws {
        let path = arguments.output ?? application.name + ".tap"
        guard path != "-" else {
            throw UsageError(problem: "a tap can't be written to standard output; use --type yaml or json")
        }
        let authorship = Authorship(author: UserName.current, origin: "mktap")
        // What was encrypted stays so.
        let passphrase = try passphrase ?? (arguments.encrypted ? arguments.passphrase.new(path) : nil)
        let state = try arguments.state.map { InitialState(try StateTextSource(file: $0), kinds: invocation.kinds) }
        try Tap.make(
            path, application, base: base, state: state, packages: invocation.kinds.packages(for: application),
            replacing: arguments.force, passphrase: passphrase, by: authorship)
        let run = "Run it with: \(invocation.command(.tapd)) -f \(path)"
        let sentences =
            ["\(path): \(summary(application, invocation.kinds))."]
            + filling(application.servicesByPath, path, invocation) + [run]
        invocation.console.print(sentences.joined(separator: " ") + "\n")
    }

    /// Says how services get into the first group that has none, if there is one.
    private static func filling(
        _ services: [(path: String, service: ServiceDefinition)], _ tap: String, _ invocation: Invocation
    ) -> [String] {
        let empty = services.first { $0.service.isGroup && $0.service.services.isEmpty }
        guard let empty else { return [] }
        let command = "\(invocation.command(.tapctl)) add \(tap) --group \(empty.path) KIND"
        return ["Put services into \(empty.path) with: \(command)."]
    }

    private static func write(
        _ text: String, _ application: Application, _ arguments: Arguments, _ invocation: Invocation
    ) throws {
        let path = arguments.output ?? "\(application.name).\(arguments.type.rawValue)"
        let text =
            try arguments.encrypted ? SealedText.seal(text, passphrase: arguments.passphrase.new(path)) : text
        guard path != "-" else {
            invocation.console.print(text)
            return
        }
        try WholeFile.write(Array(text.utf8), to: path, mode: 0o644, replacing: arguments.force)
        let run = "Run it with: \(invocation.command(.tapd)) -y \(path)"
        invocation.console.print("\(path): \(summary(application, invocation.kinds)). \(run)\n")
    }

    private static func summary(_ application: Application, _ kinds: KindList) -> String {
        let services = application.servicesByPath.map { path, service in
            let endpoints = (try? kinds.kind(service.kind))?.endpoints(stored: service.settings) ?? []
            return endpoints.isEmpty ? path : "\(path) on \(endpoints.map(\.description).joined(separator: ", "))"
        }
        return services.isEmpty ? "no services" : services.joined(separator: "; ")
    }

    private static func append(to tap: String, _ arguments: Arguments, _ invocation: Invocation) throws -> ExitStatus {
        if arguments.from != nil || arguments.state != nil || arguments.output != nil || arguments.force
            || arguments.encrypted
            || arguments.type != .tap
            || arguments.uid != nil || arguments.gid != nil || arguments.appname != nil
        {
            throw UsageError(problem: "--append adds a service to a tap and goes with no other option")
        }
        let service = try KindCommand(arguments.kind, invocation).service()
        invocation.warn(SecretLiterals.warnings(in: Application(name: service.name, services: [service])))
        let authorship = Authorship(author: UserName.current, origin: "mktap")
        let added = try Blocking.run {
            let application = try await Connection.application(
                of: tap, kinds: invocation.kinds, arguments.passphrase)
            let request = ChangeRequest([.add(Description.datumWithoutName(of: service), group: nil)])
            return try await application.change(request, by: authorship)
        }
        let name = added.plan.services.last?.name ?? service.name
        let sentence = "\(tap): service \(name) added in revision \(added.revision ?? 0)."
        let sentences = [sentence] + filling([(name, service)], tap, invocation)
        invocation.console.print(sentences.joined(separator: " ") + "\n")
        return .done
    }
}
