import TapProcess
public import Taproom

/// How much of what a program writes is logged.
public struct ProcmonOutput: DocumentedSettings, SettingsGroup, Equatable, Sendable {
    /// How many lines of each stream in a second.
    public var lines = 100
    /// How many bytes of a line.
    public var lineBytes = 4096

    /// The defaults.
    public init() {}

    /// What the keys mean.
    public static let fields: [SettingField<ProcmonOutput>] = [
        SettingField(
            "lines", "How many lines are logged in a second, of standard output and of standard error each.", \.lines,
            in: 0...100_000, examples: [10]),
        SettingField(
            "lineBytes", "How many bytes of a line are logged.", \.lineBytes, in: 1...65_536, unit: "bytes",
            examples: [1024]),
    ]

    /// Everything that is out of range, with the keys below a prefix.
    func problems(_ prefix: String) -> [SettingProblem] {
        rangeProblems.map { SettingProblem(prefix + $0.key, $0.problem) }
    }

    /// The same for a log.
    var limits: OutputLog.Limits { OutputLog.Limits(lines: lines, lineBytes: lineBytes) }
}
