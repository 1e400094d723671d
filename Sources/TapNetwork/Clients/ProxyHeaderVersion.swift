import Taproom

/// How a connection tells who the client is (The PROXY protocol, versions 1 and 2, HAProxy Technologies).
public enum ProxyHeaderVersion: String, Codable, Sendable, CaseIterable {
    /// Not at all.
    case none
    /// With a line of text in front of everything else.
    case v1
    /// With the same in bytes.
    case v2

    /// Reads one of the words.
    public init(from decoder: any Decoder) throws { self = try SettingWord.read(Self.self, from: decoder) }
}
