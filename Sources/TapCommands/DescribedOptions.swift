import TapConfig
import TapData
import Taproom

/// The options of a kind whose settings are described as data: one for each key.
struct DescribedOptions {
    /// An option that sets a key.
    struct Option {
        /// `--limits-idle` for `limits.idle`.
        var name: String
        var path: [String]
        var member: Shape.Member

        /// Whether it takes no value: `--listing`, and `--no-listing` for the opposite.
        var isFlag: Bool { if case .bool = member.shape.plain { true } else { false } }

        /// The name of its opposite, when it is a flag.
        var opposite: String? { isFlag ? "--no-" + name.dropFirst(2) : nil }

        /// Whether it can be given several times.
        var isRepeatable: Bool { if case .oneOrMore = member.shape.plain { true } else { false } }
    }

    let word: String
    let summary: String
    /// What is typed for help, behind the tool's name.
    private let help: String
    let options: [Option]
    /// The option that `--port` is short for; nil: there is no such.
    let listening: Option?

    init(_ kind: any DescribedKind, help: String) {
        (word, summary, self.help) = (kind.word, kind.summary, help)
        let options = DescribedOptions.options(of: kind.settingMembers, below: [])
        let listening = options.first { kind.listeningKeys.contains($0.path.joined(separator: ".")) }
        self.options = options
        self.listening = options.contains { $0.name == "--port" } ? nil : listening
    }

    private static func options(of members: [Shape.Member], below parent: [String]) -> [Option] {
        members.flatMap { member -> [Option] in
            let path = parent + [member.key]
            if case .group(let inner) = member.shape { return options(of: inner, below: path) }
            let words = path.map { key in
                key.map { $0.isUppercase ? "-\($0.lowercased())" : String($0) }.joined()
            }
            return [Option(name: "--" + words.joined(separator: "-"), path: path, member: member)]
        }
    }

    /// All names as they are typed.
    private var names: Set<String> {
        Set(options.map(\.name) + options.compactMap(\.opposite) + (listening == nil ? [] : ["--port", "-p"]))
    }

    /// The settings that a command line asks for, not checked.
    ///
    /// Throws ``UsageError``, and ``HelpRequest`` when it asks for help.
    func settings(_ arguments: [String], usage: String) throws -> DatumObject {
        var words = arguments[...]
        var given = Datum.object([:])
        var lists: [String: [Datum]] = [:]
        while let word = words.popFirst() {
            if ["--help", "-h"].contains(word) { throw HelpRequest(text: help(usage: usage)) }
            let (option, value) = try value(of: word, &words)
            if option.isRepeatable {
                lists[option.name, default: []].append(value)
                given.set(option.path[...], .array(lists[option.name] ?? []))
            } else {
                given.set(option.path[...], value)
            }
        }
        return given.object ?? [:]
    }

    /// The option that a word names, and its value, which may be in the word that follows.
    private func value(of word: String, _ words: inout ArraySlice<String>) throws -> (Option, Datum) {
        let equals = word.hasPrefix("--") ? word.firstIndex(of: "=") : nil
        let name = equals.map { String(word[..<$0]) } ?? word
        let attached = equals.map { String(word[word.index(after: $0)...]) }
        func text() throws -> String {
            guard let text = attached ?? words.popFirst() else {
                throw usageError("the option '\(name)' needs a value")
            }
            return text
        }
        if let listening, ["--port", "-p"].contains(name) {
            let port = try text()
            guard UInt16(port) != nil else {
                throw usageError("--port must be a number from 0 to 65535, but is \"\(port)\"")
            }
            return (listening, .string("tcp:\(port)"))
        }
        if let option = options.first(where: { $0.name == name || $0.opposite == name }) {
            guard option.isFlag else { return (option, option.member.shape.datum(of: try text())) }
            guard attached == nil else { throw usageError("the option '\(name)' takes no value") }
            return (option, .bool(option.name == name))
        }
        guard name.hasPrefix("-") else { throw usageError("unexpected argument '\(name)'") }
        let nearest = nearest(to: name, among: names.sorted()).map { ". Did you mean '\($0)'?" }
        throw usageError("unknown option '\(name)'\(nearest ?? "")")
    }

    /// Says what is wrong with settings, with options in place of their keys.
    func usageError(_ errors: [DataError]) -> UsageError {
        let problems = errors.map { error in
            let keys = error.path.compactMap { if case .key(let key) = $0 { key } else { nil } }
            let name = options.first { $0.path == keys }?.name
            return "\(name ?? error.path.text) \(error.problem)"
        }
        return usageError(problems.joined(separator: "; "))
    }

    private func usageError(_ problem: String) -> UsageError { UsageError(problem: problem, help: help) }
}

extension Shape {
    /// The value without the possibility that there is none.
    fileprivate var plain: Shape { if case .optional(let inner) = self { inner.plain } else { self } }

    /// What a word of a command line means; what it can't mean stays text, and is refused for what it is.
    fileprivate func datum(of text: String) -> Datum {
        switch innermost {
        case .integer: Int64(text).map(Datum.integer) ?? .string(text)
        case .number: Double(text).map(Datum.number) ?? .string(text)
        case .anything: (try? YAMLReader.read(text).datum) ?? .string(text)
        default: .string(text)
        }
    }
}
