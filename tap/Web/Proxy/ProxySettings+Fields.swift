import TapNetwork
public import Taproom

extension ProxySettings {
    /// What the keys mean, and their ranges.
    public static let fields: [SettingField<ProxySettings>] = [
        SettingField(
            "to", "The upstreams that requests are passed on to; a path in it takes the place of the route's.",
            examples: ["http://127.0.0.1:8000", ["unix:/run/one.sock", "unix:/run/two.sock"]]),
        SettingField(
            "balance", "Which upstream gets the next request.", words: Balance.allCases.map(\.rawValue)),
        SettingField("health", "How upstreams are asked whether they are well.", examples: [["path": "/health"]]),
        SettingField(
            "health.path", "The path that is asked for; 2xx and 3xx are good answers. Without it nothing is asked.",
            examples: ["/health"]),
        SettingField(
            "health.every", "The time from one question to the next.", \.health.every, in: shortest...longest,
            examples: [TimeSpan(seconds: 5)]),
        SettingField(
            "health.timeout", "How long the answer to a question may take.", \.health.timeout, in: shortest...longest,
            examples: [TimeSpan(seconds: 1)]),
        SettingField(
            "failures", "How many failures in a row take an upstream out; a single upstream stays in.",
            { $0.failures }, in: 1...1000, examples: [5]),
        SettingField(
            "pause", "How long an upstream stays out after failures.", \.pause, in: shortest...longest,
            examples: [TimeSpan(seconds: 30)]),
        SettingField(
            "connect", "How long it may take to make a connection.", \.connect, in: shortest...longest,
            examples: [TimeSpan(seconds: 2)]),
        SettingField(
            "answer", "How long it may take until an answer begins.", \.answer, in: shortest...longest,
            examples: [TimeSpan(seconds: 300)]),
        SettingField(
            "idle", "How long the upstream may take between two pieces; how long tunnels may be silent.", \.idle,
            in: shortest...longest, examples: [TimeSpan(seconds: 3600)]),
        SettingField(
            "retries",
            "How many further upstreams are tried when one fails; what was sent is sent again for safe methods only.",
            { $0.retries }, in: 0...64, examples: [2]),
        SettingField(
            "keepAlive", "How many idle connections are kept for each upstream and processor.", { $0.keepAlive },
            in: 0...10_000, examples: [64]),
        SettingField(
            "host", "What upstreams read as Host: what the client has sent, or their own name.",
            words: Host.allCases.map(\.rawValue)),
        SettingField(
            "headers", "Fields that are set in each request; an empty value removes the field.",
            examples: [["X-Site": "main"]]),
        SettingField(
            "proxyProtocol", "How upstreams are told the client's address before the first request of a connection.",
            words: ProxyHeaderVersion.allCases.map(\.rawValue)),
        SettingField(
            "certificateAuthority",
            "A file with the certificates that those of https upstreams must come from. Without it: the system's.",
            examples: ["/etc/ssl/internal.pem"]),
        SettingField("verify", "Check the certificates of https upstreams."),
        SettingField(
            "body", "The greatest body of a request.", \.body, in: ByteCount(bytes: 0)...ByteCount(bytes: 1 << 40),
            examples: [ByteCount(bytes: 100_000_000)]),
    ]
    private static let shortest = TimeSpan(milliseconds: 10)
    private static let longest = TimeSpan(seconds: 86_400)
}

extension ProxySettings.Balance {
    /// Reads one of the words.
    public init(from decoder: any Decoder) throws { self = try SettingWord.read(Self.self, from: decoder) }
}

extension ProxySettings.Host {
    /// Reads one of the words.
    public init(from decoder: any Decoder) throws { self = try SettingWord.read(Self.self, from: decoder) }
}
