public import Taproom

/// What somebody may ask of the shell, logged in or not.
public struct TelnetLimits: SettingsGroup, Equatable, Sendable {
    /// How many wrong passwords end a connection.
    public var tries = 3
    /// How long the first wrong password of a client delays its next try; each further one doubles that.
    public var delay = TimeSpan(seconds: 1)
    /// The longest such delay.
    public var maximumDelay = TimeSpan(seconds: 30)
    /// How long logging in may take.
    public var login = TimeSpan(seconds: 60)
    /// How long somebody who is logged in may type nothing.
    public var idle = TimeSpan(seconds: 900)
    /// How many connections there can be at once on which nobody is logged in.
    public var logins = 8
    /// How many connections there can be at once.
    public var sessions = 16

    /// The defaults.
    public init() {}

    private static let shortest = TimeSpan(milliseconds: 1)
    private static let longest = TimeSpan(seconds: 86_400)

    /// What the keys mean, for settings that have these under a key.
    static func fields<Settings>(
        _ limits: any KeyPath<Settings, TelnetLimits> & Sendable, below key: String
    ) -> [SettingField<Settings>] {
        [
            SettingField(
                "\(key).tries", "How many wrong passwords end a connection.", { $0[keyPath: limits].tries }, in: 1...100
            ),
            SettingField(
                "\(key).delay",
                "How long a wrong password delays the next try from the same address; each further one doubles that.",
                { $0[keyPath: limits].delay }, in: shortest...longest),
            SettingField(
                "\(key).maximumDelay", "The longest such delay.", { $0[keyPath: limits].maximumDelay },
                in: shortest...longest),
            SettingField(
                "\(key).login", "How long logging in may take.", { $0[keyPath: limits].login }, in: shortest...longest),
            SettingField(
                "\(key).idle", "How long somebody who is logged in may type nothing.", { $0[keyPath: limits].idle },
                in: shortest...longest),
            SettingField(
                "\(key).logins", "How many connections there can be at once on which nobody is logged in.",
                { $0[keyPath: limits].logins }, in: 1...10_000),
            SettingField(
                "\(key).sessions", "How many connections there can be at once; others wait.",
                { $0[keyPath: limits].sessions }, in: 1...10_000),
        ]
    }
}
