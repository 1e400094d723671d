public import Taproom

/// A server of programs that answers over FastCGI, such as PHP-FPM.
public struct FastCGISettings: DocumentedSettings, SettingsGroup, Equatable, Sendable {
    /// Where the server listens; several are asked in turn.
    public var to: OneOrMore<String> = []
    /// The folder whose files are scripts.
    ///
    /// Absent: the server knows itself what answers.
    public var root: LocalPath?
    /// The same folder as the server sees it, when that is elsewhere; absent: `root`.
    public var rootThere: String?
    /// The script that stands for its folder.
    public var index = "index.php"
    /// What the names of scripts end with.
    public var split = ".php"
    /// The script below the root that answers when nothing is found.
    public var fallback: String?
    /// More parameters; they win over those of the request.
    public var environment: [String: String] = [:]
    /// Whether scripts see what clients authorize themselves with.
    public var authorization = true
    /// How long a connection may take to come about.
    public var connect = TimeSpan(seconds: 5)
    /// How long the server may be silent.
    public var answer = TimeSpan(seconds: 60)
    /// How long a connection is kept that nobody uses.
    public var idle = TimeSpan(seconds: 10)
    /// How many unused connections each event loop keeps to each server.
    public var keep = 0
    /// The greatest body of a request.
    public var body = ByteCount(bytes: 16 << 20)

    /// Settings without a server, which is a mistake.
    public init() {}

    /// What the keys mean.
    public static let fields: [SettingField<FastCGISettings>] = [
        SettingField(
            "to", "Where the server listens: unix:PATH or tcp:HOST:PORT; several are asked in turn.",
            examples: ["unix:/run/php/php-fpm.sock", ["tcp:10.0.0.1:9000", "tcp:10.0.0.2:9000"]]),
        SettingField(
            "root", "The folder whose files are scripts; absent: the server knows itself what answers.",
            examples: ["/srv/www"]),
        SettingField(
            "rootThere", "The path of the same folder as the server sees it, such as in a container; absent: root.",
            examples: ["/var/www/html"]),
        SettingField("index", "The script that stands for its folder.", examples: ["app.php"]),
        SettingField(
            "split", "What the names of scripts end with; what follows in the path is theirs.", examples: [".php"]),
        SettingField("fallback", "The script below root that answers when nothing is found.", examples: ["index.php"]),
        SettingField(
            "environment", "More parameters of scripts; they win over those of the request.",
            examples: [["APP_ENV": "production"]]),
        SettingField("authorization", "Show scripts the field Authorization, and so passwords.", examples: [false]),
        SettingField("connect", "How long a connection to the server may take.", \.connect, in: shortest...longest),
        SettingField(
            "answer",
            "How long the server may neither write nor read anything; while the client takes nothing this does not count.",
            \.answer, in: shortest...longest, examples: [TimeSpan(seconds: 300)]),
        SettingField("idle", "How long a connection is kept that nobody uses.", \.idle, in: shortest...longest),
        SettingField(
            "keep",
            "How many unused connections each event loop keeps to each server. PHP-FPM has a process wait for each of them.",
            \.keep, in: 0...1000, examples: [4]),
        SettingField("body", "The greatest body of a request.", examples: [ByteCount(bytes: 1 << 30)]),
    ]
    private static let shortest = TimeSpan(milliseconds: 10)
    private static let longest = TimeSpan(seconds: 86_400)

    /// Everything that is malformed, with the keys below a prefix.
    func problems(_ prefix: String) -> [SettingProblem] {
        var problems = rangeProblems.map { SettingProblem(prefix + $0.key, $0.problem) }
        if to.elements.isEmpty { problems.append(SettingProblem(prefix + "to", "is missing")) }
        for text in to.elements where FastCGIAddress(text) == nil {
            problems.append(
                SettingProblem(prefix + "to", "must be unix:PATH, tcp:HOST:PORT or HOST:PORT, but is \"\(text)\""))
        }
        if let rootThere, !rootThere.hasPrefix("/") || rootThere.utf8.contains(0) {
            problems.append(SettingProblem(prefix + "rootThere", "must be a path that begins with /"))
        }
        if root == nil, rootThere != nil || fallback != nil {
            problems.append(
                SettingProblem(
                    prefix + (rootThere != nil ? "rootThere" : "fallback"), "belongs to root, which is missing"))
        }
        if !split.hasPrefix(".") || !ProgramRules.isExtension(String(split.dropFirst())) {
            problems.append(SettingProblem(prefix + "split", "must be an extension with its dot, but is \"\(split)\""))
        }
        if !isScript(index) || index.contains("/") {
            problems.append(SettingProblem(prefix + "index", "must be the name of a file that ends with \(split)"))
        }
        if let fallback, !isScript(fallback) || fallback.split(separator: "/").contains("..") {
            problems.append(
                SettingProblem(prefix + "fallback", "must be the path of a file below root that ends with \(split)"))
        }
        return problems + ProgramRules.problems(environment, prefix)
    }

    private func isScript(_ name: String) -> Bool {
        name.utf8.count > split.utf8.count && name.hasSuffix(split) && !name.utf8.contains(0)
    }
}

/// Where a server of programs listens.
enum FastCGIAddress: Hashable, Sendable, CustomStringConvertible {
    case unix(path: String)
    case tcp(host: String, port: Int)

    /// Reads `unix:PATH`, `tcp:HOST:PORT` or `HOST:PORT`; an address of IPv6 stands in brackets.
    init?(_ text: String) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            guard path.hasPrefix("/"), path.utf8.count < 108, !path.utf8.contains(0) else { return nil }
            self = .unix(path: path)
            return
        }
        let rest = text.hasPrefix("tcp:") ? text.dropFirst(4) : text[...]
        guard let colon = rest.lastIndex(of: ":"), let port = UInt16(rest[rest.index(after: colon)...]), port > 0 else {
            return nil
        }
        var host = rest[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") }) else {
            return nil
        }
        self = .tcp(host: String(host), port: Int(port))
    }

    var description: String {
        switch self {
        case .unix(let path): "unix:\(path)"
        case .tcp(let host, let port): host.contains(":") ? "tcp:[\(host)]:\(port)" : "tcp:\(host):\(port)"
        }
    }
}
