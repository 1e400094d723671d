public import TapProcess
public import Taproom

/// Which program a service runs, and how it is watched.
public struct ProcmonSettings: ServiceSettings {
    /// When a program that has ended is started again.
    public enum Rerun: String, Codable, Sendable, CaseIterable {
        case always
        case onFailure
        case never
    }

    /// The signals that a program can be asked to end with.
    public enum StopSignal: String, Codable, Sendable, CaseIterable {
        case TERM, INT, QUIT, HUP, USR1, USR2, KILL
    }

    /// The words: the program and its arguments.
    public var command: [String] = []
    /// More variables of the program.
    public var environment: [String: String] = [:]
    /// Variables whose values are secrets.
    public var secrets: [String: Secret] = [:]
    /// The folder it works in.
    public var folder = LocalPath("/")
    /// Whom it runs as.
    public var user: String?
    /// The group it runs as.
    public var group: String?
    /// The permissions that its files don't get, in octal digits.
    public var umask: String?
    /// What it may use.
    public var limits = ProgramLimits()
    /// When it is started again after its end.
    public var rerun = Rerun.always
    /// The statuses that are no failure.
    public var expected: OneOrMore<Int> = [0]
    /// A life that is shorter is too short.
    public var threshold = TimeSpan(seconds: 1)
    /// How long the first restart after a life that was too short waits.
    public var minimumDelay = TimeSpan(seconds: 1)
    /// How long a restart waits at most.
    public var maximumDelay = TimeSpan(seconds: 3600)
    /// What it is asked to end with.
    public var stopSignal = StopSignal.TERM
    /// How long it may take to end.
    public var killtime = TimeSpan(seconds: 5)
    /// How much of what it writes is logged.
    public var output = ProcmonOutput()
    /// How it is asked whether it is well.
    public var health = ProcmonHealth()

    /// Settings without a program, which is a mistake.
    public init() {}

    private static let times = TimeSpan(milliseconds: 0)...TimeSpan(seconds: 86_400)

    /// What the keys mean.
    public static let fields: [SettingField<ProcmonSettings>] = [
        SettingField(
            "command", "The program and its arguments, each a word of its own; no shell reads them.",
            examples: [["/usr/bin/worker", "--queue", "mail"]]),
        SettingField(
            "environment", "More variables of the program, which has PATH, LANG, TZ and those of its user besides.",
            examples: [["QUEUE": "mail"]]),
        SettingField(
            "secrets", "Variables whose values are read from elsewhere when the service is made.",
            examples: [["TOKEN": "file:/etc/worker/token"]]),
        SettingField("folder", "The folder it works in.", examples: ["/srv/worker"]),
        SettingField(
            "user", "The user it runs as, by name or number; only a tapd that runs as root can do that.",
            examples: ["www-data"]),
        SettingField("group", "The group it runs as; absent: the user's own.", examples: ["www-data"]),
        SettingField("umask", "The permissions that its files don't get, in octal digits.", examples: ["027"]),
        SettingField("limits", "What it may use."),
        SettingField(
            "rerun", "When it is started again after its end.", words: Rerun.allCases.map(\.rawValue),
            examples: ["onFailure"]),
        SettingField("expected", "The statuses it may end with without having failed.", examples: [[0, 3]]),
        SettingField(
            "threshold", "A life that is shorter makes the restart wait.", \.threshold, in: times,
            examples: [TimeSpan(seconds: 10)]),
        SettingField(
            "minimumDelay",
            "How long a restart waits after a life that was too short; after each further one twice as long.",
            \.minimumDelay, in: TimeSpan(milliseconds: 1)...TimeSpan(seconds: 86_400),
            examples: [TimeSpan(milliseconds: 500)]),
        SettingField(
            "maximumDelay", "How long a restart waits at most.", \.maximumDelay,
            in: TimeSpan(milliseconds: 1)...TimeSpan(seconds: 86_400), examples: [TimeSpan(seconds: 60)]),
        SettingField(
            "stopSignal", "The signal that asks it and all it has started to end.",
            words: StopSignal.allCases.map(\.rawValue), examples: ["INT"]),
        SettingField(
            "killtime",
            "How long it may take to end before it is killed. When a service stops, tapd waits for ten seconds at most.",
            \.killtime, in: times, examples: [TimeSpan(seconds: 10)]),
        SettingField("output", "How much of what it writes is logged."),
        SettingField("health", "How it is asked whether it is well."),
    ]

    /// A missing command, and what is out of range.
    public func problems() -> [SettingProblem] {
        var problems: [SettingProblem] = []
        if command.first?.isEmpty ?? true {
            problems.append(SettingProblem("command", "must have a program for its first word"))
        }
        for (key, words) in [("command", command), ("health.command", health.command)]
        where words.contains(where: { $0.utf8.contains(0) }) {
            problems.append(SettingProblem(key, "must be words without NUL"))
        }
        if maximumDelay.milliseconds < minimumDelay.milliseconds {
            problems.append(
                SettingProblem(
                    "maximumDelay", "must be \(minimumDelay), which is minimumDelay, or more, but is \(maximumDelay)"))
        }
        if umask != nil, mask == nil {
            problems.append(SettingProblem("umask", "must be an octal number from 0 to 777, but is \"\(umask ?? "")\""))
        }
        if !expected.elements.allSatisfy((0...255).contains) {
            problems.append(SettingProblem("expected", "must be statuses from 0 to 255"))
        }
        problems += ProgramEnvironment.problems(environment).map { SettingProblem("environment", $0) }
        problems += ProgramEnvironment.problems(secrets.mapValues { _ in "" }).map { SettingProblem("secrets", $0) }
        for name in secrets.keys.sorted() where environment[name] != nil {
            problems.append(
                SettingProblem("secrets", "must have no name that environment has too, but has \"\(name)\""))
        }
        return problems + limits.problems("limits.") + output.problems("output.") + health.problems("health.")
    }

    /// The permissions that its files don't get.
    var mask: UInt16? {
        guard let umask, let mask = UInt16(umask, radix: 8), mask <= 0o777, !umask.hasPrefix("+") else { return nil }
        return mask
    }
}

extension ProcmonSettings.Rerun {
    /// Reads one of the words.
    public init(from decoder: any Decoder) throws { self = try Self.word(from: decoder) }
}

extension ProcmonSettings.StopSignal {
    /// Reads one of the words.
    public init(from decoder: any Decoder) throws { self = try Self.word(from: decoder) }
}
