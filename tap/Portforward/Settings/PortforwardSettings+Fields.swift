public import Taproom

extension PortforwardSettings {
    /// What the keys mean, and their ranges.
    public static let fields: [SettingField<PortforwardSettings>] =
        [
            SettingField(
                "listen", "Where to listen.", examples: ["tcp:6666", ["tcp:6666", "unix:/run/door.sock:mode=660"]]),
            SettingField(
                "to", "Where connections are passed on to; datagrams go to those with udp:.",
                examples: ["tcp:db.example:5432", ["tcp:10.0.0.1:80", "unix:/run/site.sock"]]),
            SettingField(
                "balance", "Which target gets the next connection; with first the others stand by.",
                words: Balance.allCases.map(\.rawValue)),
            SettingField(
                "failures", "How many failed connections in a row take a target out; a single target stays in.",
                { $0.failures }, in: 1...1000, examples: [5]),
            SettingField(
                "pause", "How long a target stays out after that.", \.pause, in: shortest...longest,
                examples: [TimeSpan(seconds: 30)]),
            SettingField(
                "connect", "How long it may take to make a connection to a target, and then to encrypt it.", \.connect,
                in: shortest...longest, examples: [TimeSpan(seconds: 2)]),
            SettingField(
                "idle", "How long nothing may come from either side of a connection.", \.idle, in: shortest...longest,
                examples: [TimeSpan(seconds: 300)]),
            SettingField(
                "allow", "The networks whose clients are let in; without any: all.",
                examples: [["192.0.2.0/24", "2001:db8::/32"]]),
            SettingField(
                "deny", "The networks whose clients are not let in; they come before those of allow.",
                examples: [["192.0.2.66"]]),
            SettingField("proxyProtocol", "Who tells where clients come from, by the PROXY protocol."),
            SettingField(
                "sendProxyProtocol", "How targets are told the client's address before everything else.",
                words: ["none", "v1", "v2"]),
        ] + healthFields + limitFields
    private static let shortest = TimeSpan(milliseconds: 10)
    private static let longest = TimeSpan(seconds: 30 * 86_400)

    private static let healthFields: [SettingField<PortforwardSettings>] = [
        SettingField("health", "How targets are tried at intervals.", examples: [["every": "5s"]]),
        SettingField(
            "health.every", "The time from one trial to the next; without it nothing is tried.", \.health.every,
            in: shortest...longest, examples: [TimeSpan(seconds: 5)]),
        SettingField(
            "health.timeout", "How long a trial may take, which is to make a connection.", \.health.timeout,
            in: shortest...longest, examples: [TimeSpan(seconds: 1)]),
        SettingField(
            "health.rise", "How many good trials in a row bring a target back.", { $0.health.rise }, in: 1...1000,
            examples: [1]),
        SettingField(
            "health.fall", "How many bad trials in a row take a target out.", { $0.health.fall }, in: 1...1000,
            examples: [1]),
    ]

    private static let limitFields: [SettingField<PortforwardSettings>] = [
        SettingField("tls", "How connections to tls: endpoints are encrypted."),
        SettingField(
            "tls.certificate", "The file of a certificate in PEM, with its chain, where the endpoint names none.",
            examples: ["/etc/ssl/door.pem"]),
        SettingField(
            "tls.key", "The file of the certificate's key; absent: it is in the file of the certificate.",
            examples: ["/etc/ssl/door.key"]),
        SettingField(
            "tls.internal", "Make a certificate for development, which nobody trusts, where there is no other.",
            examples: [true]),
        SettingField("datagrams", "What is kept for clients that send datagrams."),
        SettingField(
            "datagrams.idle", "How long nothing may come from either side, until a client counts as a new one.",
            \.datagrams.idle, in: shortest...longest, examples: [TimeSpan(seconds: 10)]),
        SettingField(
            "datagrams.clients", "How many clients there can be at once; datagrams of more are lost.",
            { $0.datagrams.clients }, in: 1...60_000, examples: [100]),
        SettingField("limits", "How many connections there can be."),
        SettingField(
            "limits.connections",
            "How many connections there can be at once; others wait. Without it: as many as the process can have.",
            \.limits.connections, in: 1..., examples: [1000]),
        SettingField(
            "limits.connectionsPerClient",
            "How many connections a client may have at once; more are closed. Without it: any number.",
            \.limits.connectionsPerClient, in: 1..., examples: [100]),
    ]
}
