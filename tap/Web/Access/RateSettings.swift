public import Taproom

/// How many requests a client may make.
public struct RateSettings: DocumentedSettings, SettingsGroup, Equatable, Sendable {
    /// How many requests a client may make in the long run; absent: as many as it likes.
    public var requests: RequestRate?
    /// How many of them may come at once.
    ///
    /// Absent: as many as the number in `requests`.
    public var burst: Int?

    /// Settings without a limit, which lift one from outside.
    public init() {}

    /// What the keys mean.
    public static let fields: [SettingField<RateSettings>] = [
        SettingField(
            "requests", "How many requests each client may make; others get 429. Absent: as many as it likes.",
            examples: ["10/s", "600/m"]),
        SettingField(
            "burst", "How many requests may come at once; absent: as many as the number in requests.", { $0.burst },
            in: 1...1_000_000, examples: [20]),
    ]

    /// Everything that is malformed, with the keys below a prefix.
    func problems(_ prefix: String) -> [SettingProblem] {
        var problems = rangeProblems.map { SettingProblem(prefix + $0.key, $0.problem) }
        if requests == nil, burst != nil {
            problems.append(SettingProblem(prefix + "burst", "belongs to requests, which is missing"))
        }
        return problems
    }
}
