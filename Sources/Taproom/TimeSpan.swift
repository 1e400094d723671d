/// A length of time, as text: `500ms`, `10s`, `5m`, `1h`, `30d`.
public struct TimeSpan: Codable, Hashable, Sendable, CustomStringConvertible {
    static let units: [(word: String, milliseconds: Int64)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]

    /// The longest, in milliseconds: ten years.
    static let longest: Int64 = 3650 * 86_400_000

    /// The length in milliseconds, from 0 to ten years.
    public let milliseconds: Int64

    /// A length of whole seconds.
    public init(seconds: Int64) { milliseconds = seconds * 1000 }

    /// A length of milliseconds.
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// Reads a number with a unit.
    ///
    /// Answers nil for anything else, and for more than ten years.
    public init?(_ text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int64(digits),
            let unit = TimeSpan.units.first(where: { $0.word == text[digits.endIndex...] }),
            case let (product, overflow) = number.multipliedReportingOverflow(by: unit.milliseconds),
            !overflow, product <= TimeSpan.longest
        else { return nil }
        milliseconds = product
    }

    /// The same as a `Duration`.
    public var duration: Duration { .milliseconds(milliseconds) }

    /// The shortest exact form.
    public var description: String {
        let unit = TimeSpan.units.last { milliseconds % $0.milliseconds == 0 && (milliseconds > 0 || $0.word == "s") }
        return "\(milliseconds / (unit?.milliseconds ?? 1))\(unit?.word ?? "ms")"
    }

    /// Reads the text.
    ///
    /// Throws when it is no length of time.
    public init(from decoder: any Decoder) throws {
        let text = try MeasureText.read(from: decoder, units: "ms, s, m, h or d", likely: "s")
        guard let span = TimeSpan(text) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "must be a number with ms, s, m, h or d, up to ten years, but is \"\(text)\""))
        }
        self = span
    }

    /// Writes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
