import Glibc
public import Taproom

/// Addresses that begin alike: `192.0.2.0/24`, `2001:db8::/32`, or a single one.
public struct Network: Codable, Hashable, Sendable, CustomStringConvertible, SettingValue {
    /// The network as it was written.
    public let description: String
    private let bytes: [UInt8]
    private let bits: Int

    /// Reads a network; nil for anything else.
    ///
    /// Bits behind the prefix have to be zero: who writes others means something else.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let bytes = Network.bytes(String(parts[0])) else { return nil }
        let bits = parts.count == 1 ? bytes.count * 8 : Network.number(parts[1])
        guard let bits, bits <= bytes.count * 8 else { return nil }
        (description, self.bytes, self.bits) = (text, bytes, bits)
        for index in bits..<(bytes.count * 8) where bytes[index / 8] >> UInt8(7 - index % 8) & 1 == 1 { return nil }
    }

    /// Whether an address lies in it.
    ///
    /// An address of IPv4 that a socket of IPv6 shows (`::ffff:192.0.2.1`) counts as what it is.
    package func contains(_ address: [UInt8]) -> Bool {
        let isMapped = address.count == 16 && address.starts(with: Network.mapped)
        let address = isMapped && bytes.count == 4 ? Array(address.suffix(4)) : address
        guard address.count == bytes.count else { return false }
        let whole = bits / 8
        guard address.prefix(whole) == bytes.prefix(whole) else { return false }
        guard bits % 8 > 0 else { return true }
        let mask = UInt8(truncatingIfNeeded: 0xFF00 >> (bits % 8))
        return address[whole] & mask == bytes[whole] & mask
    }

    private static let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]

    /// The bytes of an address of IPv4 or IPv6; nil for other texts.
    package static func bytes(_ text: String) -> [UInt8]? {
        var four = [UInt8](repeating: 0, count: 4)
        if inet_pton(AF_INET, text, &four) == 1 { return four }
        var six = [UInt8](repeating: 0, count: 16)
        return inet_pton(AF_INET6, text, &six) == 1 ? six : nil
    }

    private static func number(_ text: Substring) -> Int? {
        (1...3).contains(text.utf8.count) && text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) ? Int(text) : nil
    }

    /// Reads the text.
    ///
    /// Throws when it is no network.
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let network = Network(text) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "must be a network such as 192.0.2.0/24 or 2001:db8::/32, but is \"\(text)\""))
        }
        self = network
    }

    /// Writes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    /// An address with or without the length of a prefix.
    public static var form: SettingForm {
        SettingForm(
            "a network", writing: "an address, or its beginning with a number of bits: 192.0.2.0/24, 2001:db8::/32",
            pattern: "^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$", examples: ["192.0.2.0/24", "2001:db8::/32", "127.0.0.1"])
    }
}
