import TapRelay
public import Taproom

/// Where connections or datagrams are passed on to, as text: `tcp:localhost:6665`, `unix:/run/app.sock`,
/// `tls:db.example:5432:authority=/etc/ssl/db.pem`, `udp:192.0.2.1:53`.
public struct ForwardTarget: Codable, Hashable, Sendable, CustomStringConvertible {
    /// The ways to a target.
    public enum Address: Hashable, Sendable {
        /// A TCP port of a host, which is a name or an IP address without brackets.
        case tcp(host: String, port: UInt16)
        /// A unix socket with an absolute path.
        case unix(path: String)
        /// A UDP port of a host.
        case udp(host: String, port: UInt16)
    }

    /// How a connection to a target is encrypted, and whom it trusts.
    public struct TLS: Hashable, Sendable {
        /// A file with the certificates (PEM) that the target's must come from; nil: the system's count.
        public var authority: LocalPath?
        /// The name that is asked for and compared with the certificate; nil: the host.
        public var name: String?
        /// Whether the target's certificate is checked.
        public var verify = true

        /// The system's authorities and the name of the host.
        public init() {}
    }

    /// Where.
    public let address: Address
    /// How the connection is encrypted; nil: not at all.
    public let tls: TLS?

    /// A target at an address.
    public init(_ address: Address, tls: TLS? = nil) { (self.address, self.tls) = (address, tls) }

    /// A TCP port of a host.
    public static func tcp(_ host: String, _ port: UInt16) -> ForwardTarget {
        ForwardTarget(.tcp(host: host, port: port))
    }

    /// Whether it takes datagrams and no connections.
    public var takesDatagrams: Bool { if case .udp = address { true } else { false } }

    /// Where connections go; nil: it takes datagrams.
    var relayAddress: RelayAddress? {
        switch address {
        case .tcp(let host, let port): .tcp(host: host, port: port)
        case .unix(let path): .unix(path: path)
        case .udp: nil
        }
    }

    /// The target's text, which reads as the same target again.
    public var description: String {
        switch address {
        case .tcp(let host, let port): (tls == nil ? "tcp" : "tls") + ":\(bracketed(host)):\(port)" + options
        case .udp(let host, let port): "udp:\(bracketed(host)):\(port)"
        case .unix(let path): "unix:\(bracketed(path))"
        }
    }

    private var options: String {
        guard let tls else { return "" }
        return (tls.authority.map { ":authority=\(bracketed($0.text))" } ?? "") + (tls.name.map { ":name=\($0)" } ?? "")
            + (tls.verify ? "" : ":verify=off")
    }

    private func bracketed(_ text: String) -> String { text.contains(":") ? "[\(text)]" : text }

    /// Reads the text.
    ///
    /// Throws when it is no target.
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        do {
            self = try ForwardTarget(text, in: PathFolder.folder(for: decoder))
        } catch {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "is no target: \(error)"))
        }
    }

    /// Writes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
