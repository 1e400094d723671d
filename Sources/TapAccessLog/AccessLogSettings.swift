public import Taproom

/// Where requests are noted, and how: the keys that are the same for all kinds that have an access log.
public struct AccessLogSettings<Words: AccessLogFormat>: DocumentedSettings, SettingsGroup, Equatable, Sendable {
    /// How a request can be written.
    public typealias Format = Words

    /// The file; absent: nothing is noted.
    public var file: LocalPath?
    /// How a request is written.
    public var format = Words.usual
    /// When the file is put aside; 0: never.
    public var size = ByteCount(bytes: 100_000_000)
    /// How many files are kept besides the one that is written.
    public var keep = 5

    /// The defaults: nothing is noted.
    public init() {}

    /// What the keys mean.
    public static var fields: [SettingField<AccessLogSettings>] { Words.logFields }

    /// What the keys mean for a kind.
    ///
    /// - Parameters:
    ///   - file: a file as an example.
    ///   - more: what is to be said of the words besides, as part of a sentence.
    /// - Returns: the fields, which are worth keeping.
    public static func fields(file: String, format more: String = "") -> [SettingField<AccessLogSettings>] {
        [
            SettingField(
                "file", "The file that requests are noted in, one line each. Without it they are not.",
                examples: [file]),
            SettingField("format", "How a request is written\(more).", words: Words.allCases.map(\.rawValue)),
            SettingField(
                "size", "When the file is put aside, as FILE.1, FILE.2 and so on; 0B: never.", \.size,
                in: ByteCount(bytes: 0)..., examples: [ByteCount(bytes: 1_000_000_000)]),
            SettingField(
                "keep", "How many files are kept besides the one that is written.", { $0.keep }, in: 0...10_000,
                examples: [14]),
        ]
    }

    /// The values that are out of their ranges, with the keys below a prefix.
    package func problems(_ prefix: String) -> [SettingProblem] {
        rangeProblems.map { SettingProblem(prefix + $0.key, $0.problem) }
    }
}

/// The words for the ways in which a kind writes a request, which is always one line.
public protocol AccessLogFormat: RawRepresentable<String>, CaseIterable, Codable, Hashable, Sendable {
    /// The one that counts where nothing is said.
    static var usual: Self { get }
    /// What the keys of the settings mean, made once by ``AccessLogSettings/fields(file:format:)``.
    static var logFields: [SettingField<AccessLogSettings<Self>>] { get }
}

extension AccessLogFormat {
    /// Reads one of the words.
    public init(from decoder: any Decoder) throws { self = try SettingWord.read(Self.self, from: decoder) }
}
