public import TapAccessLog
import TapNetwork
import TapSecrets
public import Taproom

/// Who may get where through a proxy, where it listens, and within which limits.
public struct SocksSettings: ServiceSettings {
    /// Where to listen.
    public var listen: OneOrMore<Endpoint> = [
        Endpoint(.tcp(port: SocksSettings.usualPort, interface: SocksSettings.usualInterface))
    ]
    /// Who may ask, by names and passwords; nobody there: whoever the rules let in.
    public var authenticate = SocksUsers()
    /// What clients may ask for.
    public var commands: OneOrMore<SocksCommand> = [.connect]
    /// Which requests are let through; none: all that `commands` has, but for what is near the server.
    public var allow: [SocksRule] = []
    /// Which requests are not; they come before those that are.
    public var deny: [SocksRule] = []
    /// The address of this machine that is seen outside; absent: what the system chooses.
    public var outside: String?
    /// Where requests are noted.
    public var accessLog = SocksAccessLog()
    /// What clients may take, and for how long.
    public var limits = SocksLimits()

    /// The port of the protocol (RFC 1928, section 3).
    static let usualPort: UInt16 = 1080
    /// Where nobody else can reach the server.
    static let usualInterface = "127.0.0.1"

    /// The defaults.
    public init() {}

    /// What the keys mean.
    public static let fields: [SettingField<SocksSettings>] = [
        SettingField(
            "listen", "Where to listen. Beyond this machine only with users, or with rules that say for whom.",
            examples: ["tcp:1080:interface=127.0.0.1", "unix:/run/socks.sock"]),
        SettingField("authenticate", "Who may ask, by names and passwords. Without any nobody is asked for one."),
        SettingField(
            "commands", "What clients may ask for: connections, connections from outside, datagrams.",
            words: SocksCommand.allCases.map(\.rawValue), examples: [["connect", "udp"]]),
        SettingField(
            "allow",
            """
            Which requests are let through; without any: all that commands has, but not to addresses that only this machine \
            or its link has, for clients from elsewhere.
            """,
            examples: [[["ports": "80-443"]]]),
        SettingField(
            "deny", "Which requests are not let through; these rules come before those of allow.",
            examples: [[["to": "10.0.0.0/8"]]]),
        SettingField(
            "outside",
            "The address of this machine that connections and datagrams come from. Without it: the system's choice.",
            examples: ["192.0.2.1"]),
        SettingField("accessLog", "Where requests are noted."),
        SettingField("limits", "What clients may take, and for how long."),
    ]

    /// Where to listen.
    public var endpoints: [Endpoint] { listen.elements }

    /// Everything that is malformed, and what would let everybody in.
    public func problems() -> [SettingProblem] {
        var problems = accessLog.problems("accessLog.") + limits.problems(below: "limits")
        for name in authenticate.users.keys.sorted() where !UserTable.isName(name) || name.utf8.count > 255 {
            problems.append(
                SettingProblem(
                    "authenticate.users",
                    "must have names of up to 255 bytes without colons and control characters, but one is \"\(name)\""))
        }
        for endpoint in listen.elements where endpoint.tls != nil {
            problems.append(
                SettingProblem("listen", "can't be encrypted, but is \(endpoint): write tcp: in place of tls:"))
        }
        if let open = listen.elements.first(where: { !$0.isOnlyForThisMachine }), letsEverybodyIn {
            problems.append(
                SettingProblem(
                    "listen",
                    """
                    is \(open), which others can reach, and nothing says who may use it: set authenticate, or rules in \
                    allow that all have from, or listen on tcp:1080:interface=127.0.0.1
                    """))
        }
        if let outside, Network.bytes(outside) == nil {
            problems.append(
                SettingProblem("outside", "must be an address of this machine, but is \"\(outside)\""))
        }
        for (key, rules) in [("allow", allow), ("deny", deny)] where !authenticate.isAsked {
            for (number, rule) in rules.enumerated() where !rule.users.elements.isEmpty {
                problems.append(
                    SettingProblem("\(key).\(number).users", "needs authenticate, without which nobody has a name"))
            }
        }
        return problems
    }

    /// Whether somebody is let in who is not named, by a password or by an address.
    private var letsEverybodyIn: Bool {
        !authenticate.isAsked && (allow.isEmpty || allow.contains { $0.from.elements.isEmpty })
    }
}

extension SettingsGroup where Self: DocumentedSettings {
    /// The values that are out of their ranges, with the keys below a group's.
    fileprivate func problems(below key: String) -> [SettingProblem] {
        rangeProblems.map { SettingProblem("\(key).\($0.key)", $0.problem) }
    }
}

extension Endpoint {
    /// Whether only programs of this machine can reach it.
    var isOnlyForThisMachine: Bool {
        switch address {
        case .unix: true
        // Who made the socket knows where it listens.
        case .systemd: false
        case .udp: false
        case .tcp(_, let interface): interface.flatMap(Network.bytes).map(NearAddress.isLoopback) ?? false
        }
    }
}
