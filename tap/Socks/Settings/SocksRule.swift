public import TapNetwork
public import Taproom

/// Requests that are meant: those for which all holds that is said.
public struct SocksRule: DocumentedSettings, SettingsGroup, Equatable, Sendable {
    /// The networks of destinations; none: all.
    public var to: OneOrMore<Network> = []
    /// The ports of destinations; none: all.
    public var ports: OneOrMore<PortRange> = []
    /// The networks of clients; none: all.
    public var from: OneOrMore<Network> = []
    /// The users who ask; none: all.
    public var users: OneOrMore<String> = []
    /// What they ask for; none: what `commands` of the service has.
    public var commands: OneOrMore<SocksCommand> = []

    /// All requests.
    public init() {}

    /// What the keys mean.
    public static let fields: [SettingField<SocksRule>] = [
        SettingField(
            "to", "The networks of destinations that are meant; none: all.", examples: [["10.0.0.0/8", "fd00::/8"]]),
        SettingField("ports", "The ports of destinations that are meant; none: all.", examples: [[443]]),
        SettingField("from", "The networks of clients that are meant; none: all.", examples: ["192.0.2.0/24"]),
        SettingField("users", "The users that are meant; none: all, also clients that have no name."),
        SettingField(
            "commands", "The commands that are meant; none: those of the service.",
            words: SocksCommand.allCases.map(\.rawValue), examples: [["udp"]]),
    ]
}
