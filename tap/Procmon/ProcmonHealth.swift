public import Taproom

/// How a program is asked whether it is well.
public struct ProcmonHealth: DocumentedSettings, SettingsGroup, Equatable, Sendable {
    /// The words of a program that asks; none: nobody asks.
    public var command: [String] = []
    /// The time from one question to the next.
    public var every = TimeSpan(seconds: 30)
    /// How long an answer may take.
    public var timeout = TimeSpan(seconds: 5)
    /// How many failures in a row are one too many.
    public var failures = 3

    /// Nobody asks.
    public init() {}

    private static let times = TimeSpan(milliseconds: 10)...TimeSpan(seconds: 86_400)

    /// What the keys mean.
    public static let fields: [SettingField<ProcmonHealth>] = [
        SettingField(
            "command",
            """
            A program that asks, and its arguments: the status 0 means that all is well. It runs as the watched one does. \
            Without it nobody asks.
            """,
            examples: [["/usr/bin/curl", "-fsS", "http://127.0.0.1:8000/health"]]),
        SettingField(
            "every", "The time from one question to the next, and from a start to the first.", \.every, in: times,
            examples: [TimeSpan(seconds: 10)]),
        SettingField("timeout", "How long an answer may take.", \.timeout, in: times, examples: [TimeSpan(seconds: 1)]),
        SettingField(
            "failures", "How many failures in a row end the program, which is then started again.", \.failures,
            in: 1...1000, examples: [2]),
    ]

    /// Everything that is out of range, with the keys below a prefix.
    func problems(_ prefix: String) -> [SettingProblem] {
        rangeProblems.map { SettingProblem(prefix + $0.key, $0.problem) }
    }
}
