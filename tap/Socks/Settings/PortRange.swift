public import Taproom

/// A port, or ports from one to another: `443`, `8000-8999`.
public struct PortRange: Codable, Hashable, Sendable, CustomStringConvertible, SettingValue {
    /// The ports.
    let ports: ClosedRange<UInt16>

    /// Ports from one to another.
    init(_ ports: ClosedRange<UInt16>) { self.ports = ports }

    /// Reads a number, or two with a hyphen between them, the lesser one first.
    ///
    /// Answers nil for anything else.
    public init?(_ text: String) {
        let numbers = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map { part in
            part.utf8.allSatisfy({ (0x30...0x39).contains($0) }) ? UInt16(part) : nil
        }
        guard let lower = numbers[0], let upper = numbers[numbers.count - 1], lower > 0, lower <= upper else {
            return nil
        }
        ports = lower...upper
    }

    /// The port, or the first and the last one.
    public var description: String {
        ports.count == 1 ? "\(ports.lowerBound)" : "\(ports.lowerBound)-\(ports.upperBound)"
    }

    /// Reads a number, or the text.
    ///
    /// Throws when it is no port and no range of them.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = (try? container.decode(Int.self)).map { "\($0)" } ?? (try? container.decode(String.self)) ?? ""
        guard let range = PortRange(text) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "must be a port from 1 to 65535 or a range such as 8000-8999, but is \"\(text)\"")
            )
        }
        self = range
    }

    /// Writes a number for a single port, else the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if ports.count == 1 { try container.encode(ports.lowerBound) } else { try container.encode(description) }
    }

    /// A port, or two with a hyphen.
    public static var form: SettingForm {
        let port = NumberPattern.text(of: 1...65535)
        return SettingForm(
            "a port or a range", writing: "a number from 1 to 65535, or two with a hyphen between them",
            pattern: "^\(port)(-\(port))?$", numbers: 1...65535, examples: ["8000-8999"])
    }
}
