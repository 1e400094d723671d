public import TapData

/// Where a service listens, as text: `tcp:8080`, `tcp:8080:interface=127.0.0.1`, `tls:443`, `udp:53`,
/// `unix:/run/site.sock:mode=660`, `systemd:web`.
///
/// A colon in a value is written inside of brackets, as in `tcp:80:interface=[::1]`.
public struct Endpoint: Hashable, Sendable, Codable, CustomStringConvertible, AlwaysStored {
    /// The ways to listen.
    public enum Address: Hashable, Sendable {
        /// A TCP port from 0 to 65535 (0: any free one), on one address of this machine or on all of them.
        case tcp(port: UInt16, interface: String?)
        /// A UDP port from 0 to 65535 (0: any free one), on one address of this machine or on all of them.
        case udp(port: UInt16, interface: String?)
        /// A unix socket with an absolute path, and the permissions of its file.
        case unix(path: String, mode: UInt16?)
        /// A socket that the service manager made and hands over under a name (systemd.socket(5), `FileDescriptorName=`):
        /// 1 to 255 printable ASCII characters without a colon.
        case systemd(name: String)
    }

    /// The files that TLS needs, as far as the endpoint names them.
    public struct TLS: Hashable, Sendable {
        /// The certificate in PEM with those of its authorities behind it; nil: the settings of the service name one.
        public var certificate: LocalPath?
        /// The certificate's key in PEM; nil: it is in the file of the certificate.
        public var key: LocalPath?

        /// Files, or none.
        public init(certificate: LocalPath? = nil, key: LocalPath? = nil) {
            (self.certificate, self.key) = (certificate, key)
        }
    }

    /// How and where.
    public var address: Address
    /// How connections are encrypted; nil: not at all.
    ///
    /// Only TCP ports can be.
    public var tls: TLS?

    /// An endpoint at an address.
    public init(_ address: Address, tls: TLS? = nil) { (self.address, self.tls) = (address, tls) }

    /// The same place without TLS: where the socket is bound.
    package var plain: Endpoint { Endpoint(address) }

    /// Whether single datagrams come there and not connections; what systemd hands over is known when it is there.
    public var takesDatagrams: Bool { if case .udp = address { true } else { false } }

    /// A TCP port on every address of this machine.
    public static func tcp(port: UInt16) -> Endpoint { Endpoint(.tcp(port: port, interface: nil)) }

    /// A UDP port on every address of this machine.
    public static func udp(port: UInt16) -> Endpoint { Endpoint(.udp(port: port, interface: nil)) }

    /// Reads an endpoint's text; paths of certificates that are relative are taken from a folder.
    ///
    /// Throws ``EndpointError``.
    public init(_ text: String, in folder: String? = nil) throws(EndpointError) {
        let parts = Endpoint.split(text)
        guard let word = parts.first, parts.count > 1, !parts[1].isEmpty else {
            throw EndpointError(
                text: text, problem: "An endpoint is written tcp:PORT, tls:PORT, udp:PORT, unix:PATH or systemd:NAME.")
        }
        if word == "systemd" {
            // Brackets are part of a name, which has no options behind it.
            address = .systemd(name: try Endpoint.name(String(text.dropFirst(word.count + 1)), of: text))
            return
        }
        var options = try Endpoint.options(parts.dropFirst(2), of: text)
        switch word {
        case "tcp", "tls", "udp":
            guard let port = UInt16(parts[1]), !parts[1].hasPrefix("+") else {
                throw EndpointError(text: text, problem: "The port must be a number from 0 to 65535.")
            }
            let interface = options.removeValue(forKey: "interface")
            address = word == "udp" ? .udp(port: port, interface: interface) : .tcp(port: port, interface: interface)
            if word == "tls" { tls = try Endpoint.tls(&options, of: text, in: folder) }
        case "unix":
            guard parts[1].hasPrefix("/"), parts[1].utf8.count < 108, !parts[1].utf8.contains(0) else {
                throw EndpointError(text: text, problem: "The path must begin with / and have fewer than 108 bytes.")
            }
            address = .unix(path: parts[1], mode: try Endpoint.mode(options.removeValue(forKey: "mode"), of: text))
        default:
            throw EndpointError(
                text: text,
                problem:
                    "\"\(word)\" is no way to listen.\(suggestion(for: word, among: ["tcp", "tls", "udp", "unix", "systemd"]))"
            )
        }
        if let option = options.keys.sorted().first {
            throw EndpointError(text: text, problem: "\(word) has no option \"\(option)\".")
        }
    }

    private static func tls(
        _ options: inout [String: String], of text: String, in folder: String?
    ) throws(EndpointError) -> TLS {
        let certificate = options.removeValue(forKey: "certificate")
        let key = options.removeValue(forKey: "key")
        guard key == nil || certificate != nil else {
            throw EndpointError(text: text, problem: "The option \"key\" belongs to \"certificate\", which is missing.")
        }
        guard ![certificate, key].contains(where: { $0?.utf8.contains(0) ?? false }) else {
            throw EndpointError(text: text, problem: "A path has no NUL in it.")
        }
        return TLS(
            certificate: certificate.map { LocalPath($0, in: folder) }, key: key.map { LocalPath($0, in: folder) })
    }

    private static func name(_ text: String, of endpoint: String) throws(EndpointError) -> String {
        guard (1...255).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x20...0x7E).contains($0) && $0 != UInt8(ascii: ":") })
        else {
            throw EndpointError(
                text: endpoint, problem: "The name must have 1 to 255 printable ASCII characters, and no colon.")
        }
        return text
    }

    private static func mode(_ text: String?, of endpoint: String) throws(EndpointError) -> UInt16? {
        guard let text else { return nil }
        guard let mode = UInt16(text, radix: 8), mode <= 0o777, !text.hasPrefix("+") else {
            throw EndpointError(text: endpoint, problem: "The mode must be an octal number from 0 to 777.")
        }
        return mode
    }

    private static func options(
        _ parts: ArraySlice<String>, of text: String
    ) throws(EndpointError) -> [String: String] {
        var options: [String: String] = [:]
        for part in parts {
            guard let equals = part.firstIndex(of: "="), part.index(after: equals) < part.endIndex else {
                throw EndpointError(text: text, problem: "\"\(part)\" must be written NAME=VALUE.")
            }
            let value = String(part[part.index(after: equals)...])
            guard options.updateValue(value, forKey: String(part[..<equals])) == nil else {
                throw EndpointError(text: text, problem: "The option \"\(part[..<equals])\" stands twice.")
            }
        }
        return options
    }

    /// The parts between colons; colons inside of brackets do not count, and the brackets go.
    private static func split(_ text: String) -> [String] {
        var parts = [""]
        var isInBrackets = false
        for character in text {
            switch character {
            case "[": isInBrackets = true
            case "]": isInBrackets = false
            case ":" where !isInBrackets: parts.append("")
            default: parts[parts.count - 1].append(character)
            }
        }
        return parts
    }

    /// The endpoint's text, which reads as the same endpoint again.
    public var description: String {
        switch address {
        case .tcp(let port, let interface):
            (tls == nil ? "tcp:\(port)" : "tls:\(port)") + option("interface", interface)
                + option("certificate", tls?.certificate?.text) + option("key", tls?.key?.text)
        case .udp(let port, let interface): "udp:\(port)" + option("interface", interface)
        case .unix(let path, let mode?): "unix:\(bracketed(path)):mode=\(String(mode, radix: 8))"
        case .unix(let path, nil): "unix:\(bracketed(path))"
        case .systemd(let name): "systemd:\(name)"
        }
    }

    private func option(_ name: String, _ value: String?) -> String { value.map { ":\(name)=\(bracketed($0))" } ?? "" }

    private func bracketed(_ path: String) -> String { path.contains(":") ? "[\(path)]" : path }

    /// Reads the text.
    ///
    /// Throws when it is no endpoint.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let port = try? container.decode(UInt16.self) {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "must be an endpoint, but is \(port). Did you mean \"tcp:\(port)\"?"))
        }
        let text = try container.decode(String.self)
        do {
            try self.init(text, in: PathFolder.folder(for: decoder))
        } catch {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "is no endpoint: \(error)"))
        }
    }

    /// Writes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// A text that is no endpoint.
public struct EndpointError: Error, Equatable, CustomStringConvertible {
    /// What was written.
    public let text: String
    /// What is wrong, as a sentence that says what is allowed.
    public let problem: String

    /// The text in quotes, and what is wrong with it.
    public var description: String { "\"\(text)\". \(problem)" }
}
