public import TapSecrets
public import Taproom

/// Where the shell is reached, and by whom.
public struct TelnetSettings: ServiceSettings {
    /// Where it is reached unless it is said: port 4040 of this machine alone.
    static let usualPort: UInt16 = 4040

    /// Where to listen.
    public var listen: OneOrMore<Endpoint> = [TelnetSettings.local(usualPort)]
    /// Whether other machines may be listened to.
    public var remote = false
    /// Who may log in, by name.
    public var users: [String: TelnetUser] = [:]
    /// What somebody may ask of it.
    public var limits = TelnetLimits()

    /// Settings with which nobody can log in.
    public init() {}

    /// A port that only this machine reaches.
    static func local(_ port: UInt16) -> Endpoint { Endpoint(.tcp(port: port, interface: "127.0.0.1")) }

    /// Where the service listens.
    public var endpoints: [Endpoint] { listen.elements }

    /// What the keys mean.
    public static let fields: [SettingField<TelnetSettings>] =
        [
            SettingField(
                "listen",
                "Where to listen: a port of this machine alone, or a unix socket, unless remote says otherwise.",
                examples: ["tcp:4040:interface=127.0.0.1", "unix:/run/taproom/telnet.sock:mode=600"]),
            SettingField(
                "remote",
                "Listen to other machines too, though everybody on the way can read passwords and all else, and change it.",
                examples: [true]),
            SettingField(
                "users", "Who may log in, by name: the password of each, and the role, read or write.",
                examples: [
                    [
                        "ada": [
                            "password":
                                "$argon2id$v=19$m=65536,t=2,p=1$/j4ZVq+eDtQwLMqbLBZn2A$1hcZ8ikEnDiuE2qRWmCRTSKZeVhPsp9rpEXsCcBVXxI",
                            "role": "read",
                        ]
                    ]
                ]),
            SettingField("limits", "What somebody may ask of it.", examples: [["idle": "5m"]]),
        ] + TelnetLimits.fields(\.limits, below: "limits")

    /// What is wrong with them: listening to more than this machine, and users who can't be.
    public func problems() -> [SettingProblem] {
        var problems = listen.elements.compactMap { endpoint -> SettingProblem? in
            if endpoint.tls != nil {
                return SettingProblem("listen", "can't be \(endpoint): telnet has no TLS. Use a tunnel such as ssh -L")
            }
            guard !remote, !endpoint.isOfThisMachine else { return nil }
            return SettingProblem(
                "listen",
                "must be a port with :interface=127.0.0.1 or a unix socket, but is \(endpoint): everybody on the way could "
                    + "read passwords. remote: true allows it")
        }
        for (name, user) in users.sorted(by: { $0.key < $1.key }) {
            if !TelnetUser.isName(name) {
                problems.append(
                    SettingProblem(
                        "users", "must have names of 1 to 64 bytes without control characters, but one is \"\(name)\""))
            }
            if user.password == nil {
                problems.append(SettingProblem("users.\(name).password", "must be set"))
            }
        }
        return problems
    }
}

/// Somebody who may log in.
public struct TelnetUser: DocumentedSettings, SettingsGroup, Equatable, Sendable {
    /// What somebody may do.
    public enum Role: String, Codable, CaseIterable, Sendable {
        /// Look.
        case read
        /// Look, and change everything.
        case write
    }

    /// The password; its hash is kept only.
    public var password: UserPassword?
    /// What they may do.
    public var role = Role.write

    /// Somebody without a password, which is a mistake.
    public init() {}

    /// What the keys mean.
    public static let fields: [SettingField<TelnetUser>] = [
        SettingField("password", "The password, of which only the hash is kept."),
        SettingField("role", "Whether they may change the application, or look only.", examples: ["read"]),
    ]

    /// Whether a text can be a user's name.
    static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }
}
