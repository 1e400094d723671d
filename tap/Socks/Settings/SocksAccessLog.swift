public import Taproom

/// Where requests are noted, and how.
public struct SocksAccessLog: DocumentedSettings, SettingsGroup, Equatable, Sendable {
    /// How a request is written; it is always one line.
    public enum Format: String, Codable, Sendable, CaseIterable {
        /// In the manner of NCSA's "common".
        case common
        /// An object of JSON.
        case json
    }

    /// The file; absent: nothing is noted.
    public var file: LocalPath?
    /// How a request is written.
    public var format = Format.common
    /// When the file is put aside; 0: never.
    public var size = ByteCount(bytes: 100_000_000)
    /// How many files are kept besides the one that is written.
    public var keep = 5

    /// The defaults: nothing is noted.
    public init() {}

    /// What the keys mean.
    public static let fields: [SettingField<SocksAccessLog>] = [
        SettingField(
            "file", "The file that requests are noted in, one line each. Without it they are not.",
            examples: ["/var/log/proxy/socks.log"]),
        SettingField("format", "How a request is written.", words: Format.allCases.map(\.rawValue)),
        SettingField(
            "size", "When the file is put aside, as FILE.1, FILE.2 and so on; 0B: never.", \.size,
            in: ByteCount(bytes: 0)..., examples: [ByteCount(bytes: 1_000_000_000)]),
        SettingField(
            "keep", "How many files are kept besides the one that is written.", { $0.keep }, in: 0...10_000,
            examples: [14]),
    ]
}

extension SocksAccessLog.Format {
    /// Reads one of the words.
    public init(from decoder: any Decoder) throws {
        let word = try decoder.singleValueContainer().decode(String.self)
        guard let value = Self(rawValue: word) else {
            let words = Self.allCases.map(\.rawValue).joined(separator: ", ")
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "must be one of \(words), but is \"\(word)\""))
        }
        self = value
    }
}
