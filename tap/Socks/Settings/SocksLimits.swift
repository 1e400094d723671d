public import Taproom

/// What clients may take of a server, and for how long.
public struct SocksLimits: DocumentedSettings, SettingsGroup, Equatable, Sendable {
    /// How many connections of clients there can be at once; others wait.
    ///
    /// Absent: as many as the process can have.
    public var connections: Int?
    /// How many connections a client may have at once; more are closed.
    ///
    /// Absent: any number.
    public var connectionsPerClient: Int?
    /// How long it may take until a request is there.
    public var handshake = TimeSpan(seconds: 10)
    /// How long it may take to look up a name and to connect.
    public var connect = TimeSpan(seconds: 15)
    /// How long a connection is waited for that a client has asked to be made from outside.
    public var accept = TimeSpan(seconds: 120)
    /// How long nothing may be sent in either direction.
    public var idle = TimeSpan(seconds: 900)

    /// The defaults.
    public init() {}

    /// What the keys mean, and their ranges.
    public static let fields: [SettingField<SocksLimits>] = [
        SettingField(
            "connections",
            "How many connections of clients there can be at once; others wait. Without it: as many as the process can have.",
            \.connections, in: 1..., examples: [1000]),
        SettingField(
            "connectionsPerClient",
            "How many connections a client may have at once; more are closed. Without it: any number.",
            \.connectionsPerClient, in: 1..., examples: [100]),
        SettingField(
            "handshake", "How long it may take until a client has said what it wants.", \.handshake,
            in: shortest...longest, examples: [TimeSpan(seconds: 5)]),
        SettingField(
            "connect", "How long it may take to look up the name of a destination and to connect to it.", \.connect,
            in: shortest...longest, examples: [TimeSpan(seconds: 5)]),
        SettingField(
            "accept", "How long a connection is waited for that a client has asked for with BIND.", \.accept,
            in: shortest...longest, examples: [TimeSpan(seconds: 30)]),
        SettingField(
            "idle", "How long nothing may be sent in either direction; then the connection is closed.", \.idle,
            in: shortest...longest, examples: [TimeSpan(seconds: 3600)]),
    ]
    private static let shortest = TimeSpan(milliseconds: 10)
    private static let longest = TimeSpan(seconds: 86_400)
}
