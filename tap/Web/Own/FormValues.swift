/// Names and values of a query or a form, in their order.
///
/// They are read as browsers write them (application/x-www-form-urlencoded, WHATWG URL, 5.1): `+` is a space, escapes that are
/// none stay as they are, and bytes that are no UTF-8 become U+FFFD.
public struct FormValues: Sendable, Equatable {
    /// More pairs than this are not read.
    static let maximumPairs = 1000

    /// All pairs.
    public let pairs: [Pair]

    /// A name with one of its values.
    public struct Pair: Sendable, Equatable {
        /// The name.
        public let name: String
        /// The value; empty when there is none.
        public let value: String
    }

    /// Reads the text of a query, without its question mark, or of a form.
    public init(_ text: some StringProtocol) {
        pairs = text.utf8.split(separator: UInt8(ascii: "&"), maxSplits: Self.maximumPairs).prefix(Self.maximumPairs)
            .map { part in
                let halves = part.split(
                    separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
                return Pair(
                    name: Self.decoded(Array(halves[0])),
                    value: halves.count > 1 ? Self.decoded(Array(halves[1])) : "")
            }
    }

    /// The first value of a name; nil when the name is not there.
    public subscript(name: String) -> String? { pairs.first { $0.name == name }?.value }

    /// All values of a name.
    public func all(_ name: String) -> [String] { pairs.filter { $0.name == name }.map(\.value) }

    private static func decoded(_ bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                let high = RequestPath.hexadecimal(bytes[index + 1]),
                let low = RequestPath.hexadecimal(bytes[index + 2])
            {
                result.append(high << 4 | low)
                index += 3
            } else {
                result.append(bytes[index] == UInt8(ascii: "+") ? 0x20 : bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
