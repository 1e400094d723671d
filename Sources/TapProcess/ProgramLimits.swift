public import Taproom

/// The limits of a program in the settings of a kind; what is absent stays as it is for tapd.
public struct ProgramLimits: DocumentedSettings, SettingsGroup, Equatable, Sendable {
    /// How many files a program may have open.
    public var files: Int?
    /// The most address space of one process.
    public var memory: ByteCount?
    /// The most processor time of one process.
    public var processor: TimeSpan?
    /// The greatest file that is written when a process crashes.
    public var core: ByteCount?

    /// No limits of ours.
    public init() {}

    /// What the keys mean.
    public static let fields: [SettingField<ProgramLimits>] = [
        SettingField(
            "files", "How many files it may have open; absent: 1024, or more when it asks for them itself.", \.files,
            in: 3...1_048_576, examples: [4096]),
        SettingField(
            "memory", "The most address space of a process; absent: no limit.", \.memory,
            in: ByteCount(bytes: 1 << 20)..., examples: [ByteCount(bytes: 1 << 30)]),
        SettingField(
            "processor", "The most processor time of a process; absent: no limit.", \.processor,
            in: TimeSpan(seconds: 1)..., examples: [TimeSpan(seconds: 30)]),
        SettingField(
            "core", "The greatest file that is written when it crashes; absent: as for tapd.",
            examples: [ByteCount(bytes: 0)]),
    ]

    /// Everything that is out of range, with the keys below a prefix.
    package func problems(_ prefix: String) -> [SettingProblem] {
        rangeProblems.map { SettingProblem(prefix + $0.key, $0.problem) }
    }

    /// The limits as a program gets them.
    package var values: ChildLimits {
        var limits = ChildLimits()
        limits.files = files.map { UInt64($0) }
        limits.memory = memory.map { UInt64($0.bytes) }
        limits.processor = processor.map { UInt64($0.milliseconds + 999) / 1000 }
        limits.core = core.map { UInt64($0.bytes) }
        return limits
    }
}
