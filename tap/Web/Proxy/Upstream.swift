public import Taproom

/// A server that requests are passed on to, as text: `http://127.0.0.1:8000`, `https://example.com/base`,
/// `unix:/run/app.sock`.
public struct Upstream: Codable, Hashable, Sendable, CustomStringConvertible {
    /// The ways to reach a server.
    public enum Address: Hashable, Sendable {
        /// A TCP port of a host, which is a name or an IP address without brackets.
        case tcp(host: String, port: UInt16)
        /// A unix socket with an absolute path.
        case unix(path: String)
    }

    /// How and where.
    public let address: Address
    /// Whether the connection is encrypted.
    public let isSecure: Bool
    /// What takes the place of the route's path, beginning with a slash; empty: paths pass unchanged.
    public let path: String
    /// The same without a slash at its end.
    let pathBase: String
    /// The text it was read from.
    public let description: String

    /// Reads `http://HOST[:PORT][/PATH]`, `https://HOST[:PORT][/PATH]` or `unix:/PATH`; nil for anything else.
    public init?(_ text: String) {
        description = text
        if text.hasPrefix("unix:") {
            let path = text.dropFirst(5)
            guard path.hasPrefix("/"), path.utf8.count < 108, !path.utf8.contains(0) else { return nil }
            (address, isSecure, self.path, pathBase) = (.unix(path: String(path)), false, "", "")
            return
        }
        isSecure = text.hasPrefix("https://")
        guard isSecure || text.hasPrefix("http://") else { return nil }
        let rest = text.dropFirst(isSecure ? 8 : 7)
        let authority = rest.prefix { $0 != "/" }
        path = String(rest[authority.endIndex...])
        pathBase = path.hasSuffix("/") ? String(path.dropLast()) : path
        guard path.utf8.allSatisfy({ ByteSet.target.contains($0) && $0 < 0x80 && $0 != UInt8(ascii: "?") }),
            let (host, port) = Upstream.hostAndPort(authority, defaultPort: isSecure ? 443 : 80)
        else { return nil }
        address = .tcp(host: host, port: port)
    }

    private static func hostAndPort(_ text: Substring, defaultPort: UInt16) -> (String, UInt16)? {
        let host: Substring
        var rest: Substring
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            rest = text[text.index(after: end)...]
            guard host.contains(":"), host.utf8.allSatisfy({ isAddressByte($0) }) else { return nil }
        } else {
            host = text.prefix { $0 != ":" }
            rest = text[host.endIndex...]
            guard !host.isEmpty, host.utf8.count <= 253, host.utf8.allSatisfy({ isNameByte($0) }) else { return nil }
        }
        guard !rest.isEmpty else { return (String(host), defaultPort) }
        guard rest.removeFirst() == ":", rest.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = UInt16(rest), port > 0
        else { return nil }
        return (String(host), port)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || "-._".utf8.contains(byte)
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20) || ":.".utf8.contains(byte)
    }

    /// What a `Host` field says of it: the host, with the port where it is not the usual one; `localhost` for sockets.
    public var authority: String {
        guard case .tcp(let host, let port) = address else { return "localhost" }
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    /// Reads the text.
    ///
    /// Throws when it is no upstream.
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let upstream = Upstream(text) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription:
                        "must be written http://HOST:PORT, https://HOST or unix:/PATH, but is \"\(text)\""))
        }
        self = upstream
    }

    /// Writes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension Upstream: SettingValue {
    /// A URL, or a socket.
    public static var form: SettingForm {
        let host = "([A-Za-z0-9._-]{1,253}|\\[[0-9A-Fa-f.:]+\\])"
        return SettingForm(
            "an upstream", writing: "http://HOST:PORT, https://HOST:PORT, each with a path if need be, or unix:PATH",
            pattern: "^(https?://\(host)(:[0-9]{1,5})?(/[!-\"$->@-~]*)?|unix:/[^\\u0000]{0,106})$",
            examples: ["http://127.0.0.1:8000", "https://api.example.com/v1", "unix:/run/app.sock"])
    }
}
