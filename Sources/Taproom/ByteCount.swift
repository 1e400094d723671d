/// A number of bytes, as text: `512B`, `64kB`, `100MB`, `1GB` (powers of 1000) or `64KiB`, `100MiB`, `1GiB` (of 1024).
public struct ByteCount: Codable, Hashable, Sendable, CustomStringConvertible {
    static let units: [(word: String, bytes: Int64)] = [
        ("B", 1), ("kB", 1000), ("KiB", 1 << 10), ("MB", 1_000_000), ("MiB", 1 << 20), ("GB", 1_000_000_000),
        ("GiB", 1 << 30), ("TB", 1_000_000_000_000), ("TiB", 1 << 40),
    ]

    /// The number, from 0.
    public let bytes: Int64

    /// A number of bytes.
    public init(bytes: Int64) { self.bytes = max(bytes, 0) }

    /// Reads a number with a unit.
    ///
    /// Answers nil for anything else, and for more than fits into `Int64`.
    public init?(_ text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int64(digits),
            let unit = ByteCount.units.first(where: { $0.word == text[digits.endIndex...] }),
            case let (product, overflow) = number.multipliedReportingOverflow(by: unit.bytes), !overflow
        else { return nil }
        bytes = product
    }

    /// The shortest exact form.
    public var description: String {
        let forms = ByteCount.units.filter { bytes % $0.bytes == 0 && (bytes > 0 || $0.word == "B") }
            .map { "\(bytes / $0.bytes)\($0.word)" }
        return forms.min { $0.utf8.count < $1.utf8.count } ?? "\(bytes)B"
    }

    /// Reads the text.
    ///
    /// Throws when it is no number of bytes.
    public init(from decoder: any Decoder) throws {
        let text = try MeasureText.read(from: decoder, units: "B, kB, MB, GB, KiB, MiB or GiB", likely: "B")
        guard let count = ByteCount(text) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "must be a number with B, kB, MB, GB, KiB, MiB or GiB, but is \"\(text)\""))
        }
        self = count
    }

    /// Writes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
