import ArgumentParser
import TapConfig
import TapData
import Taproom

/// The part of a command line that begins with the word of a kind.
struct KindCommand {
    let kind: any KnownKind
    private let arguments: [String]
    private let invocation: Invocation

    /// Finds the kind.
    ///
    /// Throws ``UsageError`` for an option in its place, and `UnknownKind`.
    init(_ words: [String], _ invocation: Invocation) throws {
        guard let word = words.first else {
            throw UsageError(problem: "no kind is named. \(invocation.command(.mktap)) --list shows those there are")
        }
        guard !word.hasPrefix("-") else { throw UsageError(problem: "unknown option '\(word)'") }
        do throws(UnknownKind) {
            kind = try invocation.kinds.kind(word)
        } catch {
            // One that is there and can't be used is no wrong word.
            guard error.failure == nil else { throw error }
            throw UsageError(
                problem: error.description, help: KindCommand.verb(invocation).isEmpty ? "--list" : "add --help")
        }
        arguments = Array(words.dropFirst())
        self.invocation = invocation
    }

    /// What stands between the tool's name and a kind's word, with a space behind it.
    private static func verb(_ invocation: Invocation) -> String { invocation.tool == .tapctl ? "add " : "" }

    /// What is typed for the help of a kind, behind the tool's name.
    private func help(_ word: String) -> String { "\(KindCommand.verb(invocation))\(word) --help" }

    /// The tool with the verb, in front of a kind's word.
    private var command: String { "\(invocation.command(invocation.tool)) \(KindCommand.verb(invocation))[options]" }

    /// What a kind's options are, in the words of ArgumentParser.
    static func help(of kind: any KnownKind) throws -> DatumObject {
        func help<Kind: ServiceKind>(of kind: Kind.Type) throws -> DatumObject {
            try CommandHelp.of(KindArguments<Kind>.self)
        }
        switch kind {
        case let kind as CompiledKind: return try help(of: kind.type)
        case let kind as any DescribedKind: return DescribedOptions(kind, help: "\(kind.word) --help").commandHelp
        default: return [:]
        }
    }

    /// The names of a kind's options as they are typed: `--port`, `-p`.
    static func optionNames(of kind: any KnownKind) throws -> Set<String> {
        Set(CommandHelp.elements(try help(of: kind)["arguments"]).flatMap(CommandHelp.names))
    }

    /// The service that the options ask for, checked; what was made up for it is told.
    func service() throws -> ServiceDefinition {
        switch kind {
        case let kind as CompiledKind: try service(of: kind.type)
        case let kind as any DescribedKind: try service(of: kind)
        default: throw UsageError(problem: "the kind \"\(kind.word)\" has no command line")
        }
    }

    private func service(of kind: any DescribedKind) throws -> ServiceDefinition {
        let options = DescribedOptions(kind, help: help(kind.word))
        let given = try options.settings(arguments, usage: "\(command) \(kind.word)")
        let checked = kind.check(given, folder: LocalPath.workingFolder)
        guard checked.errors.isEmpty else { throw options.usageError(checked.errors) }
        return ServiceDefinition(
            name: kind.word, kind: kind.word, settingsVersion: kind.settingsVersion, settings: checked.canonical)
    }

    private func service<Kind: ServiceKind>(of kind: Kind.Type) throws -> ServiceDefinition {
        let options = try KindUsage.$current.withValue("\(command) \(Kind.word)") {
            try KindArguments<Kind>.read(arguments, help: help(Kind.word)).options
        }
        let settings: Kind.Settings
        do {
            settings = try options.settings { invocation.tell($0) }
        } catch let error as ValidationError {
            throw UsageError(problem: error.message, help: help(Kind.word))
        }
        let problems = Kind.problems(of: settings)
        guard problems.isEmpty else {
            throw UsageError(
                problem: problems.map(\.description).joined(separator: "; "), help: help(Kind.word))
        }
        return ServiceDefinition(
            name: Kind.word, kind: Kind.word, settingsVersion: Kind.settingsVersion,
            settings: try Kind.canonical(settings))
    }
}

/// The options of a kind as a command of their own, so that its help shows the command people type.
private struct KindArguments<Kind: ServiceKind>: ParsableCommand {
    @OptionGroup var options: Kind.Options

    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: KindUsage.current, abstract: Kind.summary)
    }
}

/// The command that the help of a kind shows.
private enum KindUsage {
    @TaskLocal static var current = "mktap"
}

extension [String] {
    /// The same arguments with the named long options, wherever they stand, moved to the front with their values.
    ///
    /// So that `mktap web --static DIR --output site.tap` is taken like `mktap --output site.tap web --static DIR`.
    func movingToFront(options: Set<String>, flags: Set<String>) -> [String] {
        var front: [String] = []
        var rest: [String] = []
        var index = startIndex
        while index < endIndex {
            let argument = self[index]
            index += 1
            if argument == "--" {
                rest += self[(index - 1)...]
                break
            }
            let name = argument.prefix { $0 != "=" }
            if flags.contains(argument) || argument.contains("=") && options.contains(String(name)) {
                front.append(argument)
            } else if options.contains(argument), index < endIndex {
                front += [argument, self[index]]
                index += 1
            } else {
                rest.append(argument)
            }
        }
        return front + rest
    }
}
