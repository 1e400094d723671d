public import TapNetwork
public import Taproom

/// Where requests are passed on to, and how.
public struct ProxySettings: DocumentedSettings, Equatable, Sendable {
    /// Which upstream gets the next request.
    public enum Balance: String, Codable, Sendable, CaseIterable {
        /// One after the other.
        case roundRobin
        /// The one with the fewest requests under way.
        case leastConnections
    }

    /// What the upstream reads in the field `Host`.
    public enum Host: String, Codable, Sendable, CaseIterable {
        /// What the client has sent.
        case keep
        /// The upstream's own.
        case upstream
    }

    /// The upstreams, in order.
    public var to: OneOrMore<Upstream> = []
    /// Which upstream gets the next request.
    public var balance = Balance.roundRobin
    /// How upstreams are asked whether they are well.
    public var health = ProxyHealth()
    /// How many failures in a row take an upstream out, from 1; a single upstream stays in.
    public var failures = 3
    /// How long an upstream stays out after that.
    public var pause = TimeSpan(seconds: 10)
    /// How long it may take to make a connection.
    public var connect = TimeSpan(seconds: 5)
    /// How long it may take until an answer begins, from the end of the request on.
    public var answer = TimeSpan(seconds: 60)
    /// How long the upstream may take between two pieces, in either direction; for tunnels, how long they may be silent.
    public var idle = TimeSpan(seconds: 60)
    /// How many further upstreams are tried when one fails.
    ///
    /// A request of which something was sent is tried again only when its method is safe (GET, HEAD, OPTIONS, TRACE), it has
    /// no body, and nothing of the answer was passed on.
    public var retries = 1
    /// How many idle connections are kept for each upstream and event loop, for half a minute at most.
    public var keepAlive = 16
    /// What the upstream reads in the field `Host`.
    public var host = Host.keep
    /// Fields that are set in each request, in place of those the client has sent; an empty value removes the field.
    public var headers: [String: String] = [:]
    /// How connections to an upstream begin.
    ///
    /// With other than none each connection serves one request.
    public var proxyProtocol = ProxyHeaderVersion.none
    /// A file with the certificates (PEM) that an upstream's must come from; without it, the system's count.
    public var certificateAuthority: LocalPath?
    /// Whether certificates of upstreams are checked.
    public var verify = true
    /// The greatest body of a request.
    public var body = ByteCount(bytes: 1 << 30)

    /// The defaults, which lack an upstream.
    public init() {}

    /// Everything that is wrong, other than values out of the ranges of ``fields``.
    public func problems() -> [SettingProblem] {
        var problems: [SettingProblem] = []
        if to.elements.isEmpty {
            problems.append(SettingProblem("to", "must name at least one upstream, such as http://127.0.0.1:8000"))
        }
        if to.elements.count > Self.maximumUpstreams {
            problems.append(SettingProblem("to", "must name \(Self.maximumUpstreams) upstreams at most"))
        }
        if let path = health.path, !path.hasPrefix("/") || !path.utf8.allSatisfy({ ByteSet.target.contains($0) }) {
            problems.append(SettingProblem("health.path", "must begin with a slash, but is \"\(path)\""))
        }
        if certificateAuthority != nil && !verify {
            problems.append(SettingProblem("certificateAuthority", "has no meaning when verify is false"))
        }
        return problems + headers.sorted { $0.key < $1.key }.flatMap { Self.problems(ofHeader: $0.key, $0.value) }
    }

    /// Everything that is wrong, with the keys below a prefix such as `routes.0.proxy.`.
    func problems(_ prefix: String) -> [SettingProblem] {
        (rangeProblems + problems()).map { SettingProblem(prefix + $0.key, $0.problem) }
    }

    /// As many as a set of them has bits.
    static let maximumUpstreams = 64

    private static func problems(ofHeader name: String, _ value: String) -> [SettingProblem] {
        if name.isEmpty || !name.utf8.allSatisfy({ ByteSet.token.contains($0) }) {
            return [SettingProblem("headers", "must have names of fields for keys, but one is \"\(name)\"")]
        }
        if HopByHop.isFraming(name.lowercased()) {
            return [SettingProblem("headers.\(name)", "is about the connection, and can't be set")]
        }
        if !value.utf8.allSatisfy({ ByteSet.fieldValue.contains($0) }) {
            return [SettingProblem("headers.\(name)", "must be one line of text")]
        }
        return []
    }
}

/// How upstreams are asked whether they are well.
public struct ProxyHealth: SettingsGroup, Equatable, Sendable {
    /// The path that is asked for with GET; an answer of the class 2xx or 3xx is a good one.
    ///
    /// Absent: nothing is asked.
    public var path: String?
    /// The time from one question to the next.
    public var every = TimeSpan(seconds: 10)
    /// How long an answer may take.
    public var timeout = TimeSpan(seconds: 2)

    /// The defaults.
    public init() {}
}
