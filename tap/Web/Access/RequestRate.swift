public import Taproom

/// How many requests there may be in a time: `10/s`, `600/m`, `5000/h`.
public struct RequestRate: Codable, Hashable, Sendable, CustomStringConvertible, SettingValue {
    private static let units: [(word: String, nanoseconds: Int64)] = [
        ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000),
    ]

    /// How many requests, from 1 to 1,000,000.
    let count: Int64
    /// In what time, in nanoseconds.
    let nanoseconds: Int64
    /// The rate as it was written.
    public let description: String

    /// Reads a number, a slash and a unit.
    ///
    /// Answers nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...7).contains(parts[0].utf8.count), parts[0].first != "0",
            parts[0].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int64(parts[0]), count <= 1_000_000,
            let unit = RequestRate.units.first(where: { $0.word == parts[1] })
        else { return nil }
        (self.count, nanoseconds, description) = (count, unit.nanoseconds, text)
    }

    /// Reads the text.
    ///
    /// Throws when it is no rate.
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let rate = RequestRate(text) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "must be a number from 1 to 1000000 with /s, /m or /h, but is \"\(text)\""))
        }
        self = rate
    }

    /// Writes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    /// A number with a unit of time.
    public static var form: SettingForm {
        SettingForm(
            "a rate", writing: "a number of requests with /s, /m or /h", pattern: "^([1-9][0-9]{0,5}|1000000)/[smh]$",
            examples: ["10/s", "600/m", "5000/h"])
    }
}
