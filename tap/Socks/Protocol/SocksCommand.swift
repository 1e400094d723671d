/// What a client can ask for.
public enum SocksCommand: String, Codable, Sendable, CaseIterable {
    /// A connection to a destination.
    case connect
    /// A connection from a destination, which is waited for.
    case bind
    /// Datagrams to and from destinations.
    case udp

    /// The command of a number; versions 4 and 4a have no datagrams.
    init?(_ number: UInt8, _ version: SocksVersion) {
        switch number {
        case 1: self = .connect
        case 2: self = .bind
        case 3 where version == .five: self = .udp
        default: return nil
        }
    }

    /// What it is called in logs.
    var name: String {
        switch self {
        case .connect: "CONNECT"
        case .bind: "BIND"
        case .udp: "UDP"
        }
    }
}

extension SocksCommand {
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
