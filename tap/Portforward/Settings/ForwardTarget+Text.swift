public import Taproom

extension ForwardTarget {
    /// Reads a target's text; the path of a file with authorities that is relative is taken from a folder.
    ///
    /// Throws ``ForwardTargetError``.
    public init(_ text: String, in folder: String? = nil) throws(ForwardTargetError) {
        func fail(_ problem: String) -> ForwardTargetError { ForwardTargetError(text: text, problem: problem) }
        let parts = ForwardTarget.split(text)
        guard parts.count > 1, !parts[1].isEmpty else {
            throw fail("A target is written tcp:HOST:PORT, tls:HOST:PORT, unix:PATH or udp:HOST:PORT.")
        }
        switch parts[0] {
        case "unix":
            guard parts.count == 2, parts[1].hasPrefix("/"), parts[1].utf8.count < 108, !parts[1].utf8.contains(0)
            else {
                throw fail("The path must begin with / and have fewer than 108 bytes, and nothing stands behind it.")
            }
            self.init(.unix(path: parts[1]))
        case "tcp", "tls", "udp":
            guard ForwardTarget.isHost(parts[1]) else {
                throw fail("The host must be a name or an IP address, one of IPv6 in brackets.")
            }
            guard parts.count > 2, let port = UInt16(parts[2]), port > 0, !parts[2].hasPrefix("+") else {
                throw fail("The port must be a number from 1 to 65535.")
            }
            let isSecure = parts[0] == "tls"
            guard isSecure || parts.count == 3 else { throw fail("\(parts[0]) has no options behind the port.") }
            let address: Address =
                parts[0] == "udp" ? .udp(host: parts[1], port: port) : .tcp(host: parts[1], port: port)
            self.init(address, tls: isSecure ? try TLS(parts.dropFirst(3), of: text, in: folder) : nil)
        default:
            throw fail("\"\(parts[0])\" is no way to a target: tcp, tls, unix and udp are.")
        }
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

    private static func isHost(_ text: String) -> Bool {
        let isAddress = text.contains(":")
        return (1...253).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                let isNameByte =
                    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || "-._".utf8.contains(byte)
                return isNameByte || isAddress && ":%".utf8.contains(byte)
            }
    }
}

extension ForwardTarget.TLS {
    fileprivate init(
        _ options: ArraySlice<String>, of text: String, in folder: String?
    ) throws(ForwardTargetError) {
        func fail(_ problem: String) -> ForwardTargetError { ForwardTargetError(text: text, problem: problem) }
        self.init()
        var known: Set<Substring> = []
        for option in options {
            let (name, value) = (option.prefix { $0 != "=" }, option.drop { $0 != "=" }.dropFirst())
            guard !value.isEmpty else { throw fail("\"\(option)\" must be written NAME=VALUE.") }
            guard known.insert(name).inserted else { throw fail("The option \"\(name)\" stands twice.") }
            switch name {
            case "authority":
                guard !value.utf8.contains(0) else { throw fail("A path has no NUL in it.") }
                authority = LocalPath(String(value), in: folder)
            case "name": self.name = String(value)
            case "verify":
                guard value == "off" else { throw fail("The option \"verify\" must be off where it stands.") }
                verify = false
            default: throw fail("tls has no option \"\(name)\": authority, name and verify are.")
            }
        }
        guard verify || authority == nil else { throw fail("The option \"authority\" has no meaning with verify=off.") }
    }
}

/// A text that is no target.
public struct ForwardTargetError: Error, Equatable, CustomStringConvertible {
    /// What was written.
    public let text: String
    /// What is wrong, as a sentence that says what is allowed.
    public let problem: String

    /// The text in quotes, and what is wrong with it.
    public var description: String { "\"\(text)\". \(problem)" }
}

extension ForwardTarget: SettingValue {
    /// A way to a target, and where.
    public static var form: SettingForm {
        let host = "(\\[[0-9A-Za-z.:_%-]{1,253}\\]|[0-9A-Za-z._-]{1,253})"
        let port = "0*([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
        let value = "(\\[[^\\[\\]]+\\]|[^:\\[\\]]+)"
        let ways = [
            "(tcp|udp):\(host):\(port)", "tls:\(host):\(port)(:(authority=\(value)|name=\(value)|verify=off)){0,3}",
            "unix:(\\[/[^\\[\\]\\u0000]{1,106}\\]|/[^:\\[\\]\\u0000]{0,106})",
        ]
        return SettingForm(
            "a target",
            writing: "tcp:HOST:PORT, tls:HOST:PORT:authority=FILE:name=NAME, unix:PATH, or udp:HOST:PORT for datagrams",
            pattern: "^(" + ways.joined(separator: "|") + ")$",
            examples: [
                "tcp:localhost:6665", "tls:db.example:5432", "unix:/run/app.sock", "udp:[2001:db8::1]:53",
            ])
    }
}
