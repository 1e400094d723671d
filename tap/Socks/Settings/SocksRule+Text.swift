import TapData
import TapNetwork
import Taproom

/// A text on the command line that is no rule.
struct SocksRuleError: Error, Equatable, CustomStringConvertible {
    /// What is wrong, as a sentence.
    let description: String
}

extension SocksRule {
    private static let keys = ["to", "ports", "from", "users", "commands"]

    /// Reads a rule of a command line: `to=10.0.0.0/8 ports=80,443 from=192.0.2.0/24`.
    ///
    /// Throws ``SocksRuleError``.
    init(text: String) throws(SocksRuleError) {
        self.init()
        let parts = text.split(separator: " ")
        guard !parts.isEmpty else { throw Self.malformed(text) }
        for part in parts {
            let pair = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2 else { throw Self.malformed(String(part)) }
            let values = pair[1].split(separator: ",").map(String.init)
            switch pair[0] {
            case "to": to.elements += try Self.read(values, "a network such as 10.0.0.0/8") { Network($0) }
            case "from": from.elements += try Self.read(values, "a network such as 10.0.0.0/8") { Network($0) }
            case "ports": ports.elements += try Self.read(values, "a port, or a range such as 80-89") { PortRange($0) }
            case "users": users.elements += values
            case "commands":
                commands.elements += try Self.read(values, "connect, bind or udp") { SocksCommand(rawValue: $0) }
            default:
                throw SocksRuleError(
                    description:
                        "\"\(pair[0])\" is no part of a rule.\(suggestion(for: String(pair[0]), among: Self.keys))")
            }
        }
    }

    private static func malformed(_ text: String) -> SocksRuleError {
        SocksRuleError(
            description: "\"\(text)\" must be written KEY=VALUE, with the keys \(keys.joined(separator: ", ")).")
    }

    private static func read<Value>(
        _ texts: [String], _ form: String, _ value: (String) -> Value?
    ) throws(SocksRuleError) -> [Value] {
        var values: [Value] = []
        for text in texts {
            guard let value = value(text) else {
                throw SocksRuleError(description: "\"\(text)\" is not \(form).")
            }
            values.append(value)
        }
        return values
    }
}
