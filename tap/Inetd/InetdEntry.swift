public import TapProcess
public import Taproom

/// What is started for connections to some endpoints.
public struct InetdEntry: DocumentedSettings, SettingsGroup, Equatable, Sendable {
    /// Services without a program.
    public enum Internal: String, Codable, Sendable, CaseIterable {
        /// Sends back what it gets (RFC 862).
        case echo
        /// Throws away what it gets (RFC 863).
        case discard
        /// Sends characters (RFC 864).
        case chargen
        /// Sends the time for people (RFC 867).
        case daytime
        /// Sends the time for machines (RFC 868).
        case time
    }

    /// Where what a program writes to its standard error goes.
    public enum Errors: String, Codable, Sendable, CaseIterable {
        case log
        case socket
    }

    /// What it is called in the log.
    public var name: String?
    /// Where clients come.
    public var listen: OneOrMore<Endpoint> = []
    /// What answers without a program.
    public var `internal`: Internal?
    /// The file of the program, when it isn't the first word.
    public var program: LocalPath?
    /// The words of the program.
    public var command: [String] = []
    /// Whether the program gets the socket that clients come to, and all of them until it ends.
    public var wait = false
    /// Whom it runs as.
    public var user: String?
    /// The group it runs as.
    public var group: String?
    /// More variables.
    public var environment: [String: String] = [:]
    /// The folder it works in.
    public var folder = LocalPath("/")
    /// What it may use.
    public var limits = ProgramLimits()
    /// Where its standard error goes.
    public var errors = Errors.log
    /// How many run at once.
    public var atOnce = 64
    /// How many run at once for one client.
    public var perSource = 16
    /// How many are started in a minute.
    public var perMinute = 256

    /// An entry without anything, which is a mistake.
    public init() {}

    /// What the keys mean.
    public static let fields: [SettingField<InetdEntry>] = [
        SettingField("name", "What it is called in the log; absent: as the program.", examples: ["finger"]),
        SettingField("listen", "Where clients come.", examples: ["tcp:79"]),
        SettingField(
            "internal", "What answers without a program.", words: Internal.allCases.map(\.rawValue),
            examples: ["daytime"]),
        SettingField(
            "program", "The file of the program, when it is not the first word of command.",
            examples: ["/usr/sbin/tcpd"]),
        SettingField(
            "command", "The program and its arguments, each a word of its own; no shell reads them.",
            examples: [["/usr/sbin/in.fingerd", "-u"]]),
        SettingField(
            "wait",
            """
            Give the program the socket that clients come to, and start no other until it ends. So are all programs for \
            datagrams.
            """, examples: [true]),
        SettingField(
            "user", "The user it runs as, by name or number; only a tapd that runs as root can do that.",
            examples: ["nobody"]),
        SettingField("group", "The group it runs as; absent: the user's own.", examples: ["nogroup"]),
        SettingField(
            "environment", "More variables of the program, which has PATH, LANG, TZ and those of its user besides.",
            examples: [["MODE": "quiet"]]),
        SettingField("folder", "The folder it works in.", examples: ["/srv"]),
        SettingField("limits", "What it may use."),
        SettingField(
            "errors", "Where its standard error goes: line by line into the log, or to the client.",
            words: Errors.allCases.map(\.rawValue), examples: ["socket"]),
        SettingField(
            "atOnce", "How many run at once; other clients wait.", \.atOnce, in: 1...100_000, examples: [8]),
        SettingField(
            "perSource", "How many run at once for one client; its further connections are closed.", \.perSource,
            in: 1...100_000, examples: [2]),
        SettingField(
            "perMinute", "How many are started in a minute; other clients wait until it is over.", \.perMinute,
            in: 1...1_000_000, examples: [60]),
    ]

    /// Everything that is wrong, with the keys below a prefix.
    func problems(_ prefix: String) -> [SettingProblem] {
        var problems = rangeProblems.map { SettingProblem(prefix + $0.key, $0.problem) }
        func add(_ key: String, _ problem: String) { problems.append(SettingProblem(prefix + key, problem)) }
        if listen.elements.isEmpty { add("listen", "must be an endpoint") }
        if listen.elements.contains(where: { $0.tls != nil }) {
            add(
                "listen",
                "can't be encrypted: programs read and write the socket itself. Put a portforward with tls: before it")
        }
        if self.internal != nil {
            if !command.isEmpty || program != nil { add("command", "can't stand beside internal") }
        } else {
            if command.first?.isEmpty ?? true { add("command", "or internal must be set") }
            if command.contains(where: { $0.utf8.contains(0) }) { add("command", "must be words without NUL") }
            if !wait, listen.elements.contains(where: \.takesDatagrams) {
                add("wait", "must be true for datagrams: a program gets the socket where they come")
            }
        }
        for problem in ProgramEnvironment.problems(environment) { add("environment", problem) }
        return problems + limits.problems(prefix + "limits.")
    }

    /// What it is called.
    var title: String { name ?? self.internal?.rawValue ?? program?.text ?? command.first ?? "" }
}

extension InetdEntry.Internal {
    /// Reads one of the words.
    public init(from decoder: any Decoder) throws { self = try Self.word(from: decoder) }
}

extension InetdEntry.Errors {
    /// Reads one of the words.
    public init(from decoder: any Decoder) throws { self = try Self.word(from: decoder) }
}
