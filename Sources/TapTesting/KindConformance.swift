import ArgumentParser
import TapConfig
import TapData
public import Taproom

/// What every kind has to be true to, in three lines of a test.
///
///     @Test(.timeLimit(.minutes(1))) func webIsAGoodKind() async throws {
///         try KindConformance.check(Web.self)
///         try await KindConformance.checkRunning(Web.self)
///     }
public enum KindConformance {
    /// Checks a kind.
    ///
    /// A kind that has changed its settings or the types of its state shows a piece of what each older version stored; all
    /// have to be there and to come into their present form.
    ///
    ///     try KindConformance.check(
    ///         Shop.self,
    ///         oldSettings: [1: #"{"port": 8080}"#, 2: #"{"ports": [8080]}"#],
    ///         oldState: ["orders": [1: #""brie""#]])
    ///
    /// - Parameters:
    ///   - kind: the kind.
    ///   - samples: settings that are not the defaults, which have to survive being stored as well.
    ///   - oldSettings: settings as older versions stored them, JSON by version.
    ///   - oldState: values of cells and tables as older versions stored them, JSON by name and version.
    /// - Throws: ``TestFailure`` with everything that is wrong.
    public static func check<Kind: ServiceKind>(
        _ kind: Kind.Type, samples: [Kind.Settings] = [], oldSettings: [Int: String] = [:],
        oldState: [String: [Int: String]] = [:]
    ) throws {
        var problems = wordProblems(kind) + keyProblems(kind) + optionProblems(kind) + unknownKeyProblems(kind)
        problems += stateProblems(kind) + fieldProblems(kind)
        problems += MigrationProblems.ofSettings(kind, oldSettings) + MigrationProblems.ofState(kind, oldState)
        for settings in [Kind.Settings()] + samples { problems += storageProblems(kind, settings) }
        try report(problems, of: kind)
    }

    /// Throws what is wrong with a kind, unless nothing is.
    static func report<Kind: ServiceKind>(_ problems: [String], of kind: Kind.Type) throws {
        guard !problems.isEmpty else { return }
        throw TestFailure("\(Kind.self) breaks the contract of a kind:\n" + problems.joined(separator: "\n"))
    }

    private static func wordProblems<Kind: ServiceKind>(_ kind: Kind.Type) -> [String] {
        var problems: [String] = []
        let isWord = kind.word.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D
        }
        if !isWord || kind.word.isEmpty || kind.word.hasPrefix("-") {
            problems.append("the word \"\(kind.word)\" must consist of lower-case letters, digits and hyphens")
        }
        if !kind.summary.hasSuffix(".") || kind.summary.contains("\n") {
            problems.append("the summary must be one sentence on one line, but is \"\(kind.summary)\"")
        }
        if kind.formerWords.contains(kind.word) { problems.append("a former word is the present one: \(kind.word)") }
        return problems
    }

    private static func keys<Settings: ServiceSettings>(_ settings: Settings) -> [String] {
        (try? DatumEncoder().encode(settings).object?.keys) ?? []
    }

    private static func keyProblems<Kind: ServiceKind>(_ kind: Kind.Type) -> [String] {
        keys(Kind.Settings()).filter(ServiceDefinition.reservedKeys.contains).map {
            "the key \"\($0)\" belongs to every service: call it something else"
        }
    }

    private static func stateProblems<Kind: ServiceKind>(_ kind: Kind.Type) -> [String] {
        let names = kind.state.flatMap { [$0.name] + $0.formerNames }
        return Set(names).count == names.count ? [] : ["two cells have the same name: \(names.joined(separator: ", "))"]
    }

    /// Long names of options that belong to the tools, in front of the kind's word and behind it.
    static let reservedOptions: Set<String> = [
        "uid", "gid", "appname", "append", "output", "type", "encrypted", "force", "from", "list", "help", "version",
        "tap", "tapfile", "description", "daemon", "nodaemon", "no-save", "logfile", "log-format", "log-level",
        "syslog",
        "prefix", "rundir", "pidfile", "chroot", "euid", "umask", "reactor", "help-reactors", "save-every", "snapshot",
        "control", "json",
    ]

    private static func optionProblems<Kind: ServiceKind>(_ kind: Kind.Type) -> [String] {
        // The only public way to the names of options is the help text: its lines begin with them.
        let lines = Kind.Options.helpMessage(includeHidden: true, columns: 1000).split(separator: "\n")
        let names = lines.filter { $0.hasPrefix("  -") }.flatMap { line in
            line.drop { $0 == " " }.split(whereSeparator: { " ,/".contains($0) })
                .prefix { $0.hasPrefix("-") || $0.hasPrefix("<") }
                .filter { $0.hasPrefix("--") }.map { String($0.dropFirst(2)) }
        }
        return names.filter { reservedOptions.contains($0) && $0 != "help" }.map {
            "the option --\($0) belongs to the tools: call it something else"
        }
    }

    /// What is said of keys that are not there: a schema and the help of options would not show it.
    private static func fieldProblems<Kind: ServiceKind>(_ kind: Kind.Type) -> [String] {
        guard let rows = try? DescriptionSchema.rows(of: kind) else { return ["the settings have no schema"] }
        let known = Set(rows.map(\.key))
        return Kind.Settings.fields.map(\.key).filter { !known.contains($0) }.map {
            "the field \"\($0)\" is about no key of the settings"
        }
    }

    private static func unknownKeyProblems<Kind: ServiceKind>(_ kind: Kind.Type) -> [String] {
        let checked = kind.check(["no-such-key-here": .bool(true)])
        var problems = checked.errors.isEmpty ? ["an unknown key is accepted"] : []
        guard let known = keys(Kind.Settings()).first(where: { $0.utf8.count > 2 }) else { return problems }
        let mistyped = known + "x"
        let errors = kind.check([mistyped: .bool(true)]).errors.map(\.description)
        if !errors.contains(where: { $0.contains("\"\(known)\"") }) {
            problems.append("the unknown key \"\(mistyped)\" is refused without offering \"\(known)\": \(errors)")
        }
        return problems
    }

    private static func storageProblems<Kind: ServiceKind>(_ kind: Kind.Type, _ settings: Kind.Settings) -> [String] {
        do {
            let given = try kind.canonical(settings)
            let checked = kind.check(given)
            let sentences = checked.errors.map(\.description)
            guard checked.errors.isEmpty else {
                let areSentences = sentences.allSatisfy { $0.contains(" ") }
                return settings.allProblems.isEmpty
                    ? ["stored settings are refused: \(sentences.joined(separator: "; "))"]
                    : areSentences ? [] : ["problems must be sentences: \(sentences.joined(separator: "; "))"]
            }
            let back = try DatumDecoder().decode(Kind.Settings.self, from: .object(checked.canonical))
            if back != settings { return ["settings change when they are stored: \(settings) becomes \(back)"] }
            return checked.canonical == given
                ? [] : ["the stored form is not stable: \(given) becomes \(checked.canonical)"]
        } catch {
            return ["settings can't be stored: \(error)"]
        }
    }
}
