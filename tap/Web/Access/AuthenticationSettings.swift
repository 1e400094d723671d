public import TapSecrets
public import Taproom

/// Who is answered, by names and passwords (Basic authentication, RFC 7617).
public struct AuthenticationSettings: DocumentedSettings, SettingsGroup, Equatable, Sendable {
    /// Whether a name and a password are asked for; false lifts what is said outside.
    public var required = true
    /// What browsers show to say where the password belongs.
    public var realm = "restricted"
    /// A file of names and hashes as `htpasswd` writes it.
    public var file: LocalPath?
    /// Hashes of passwords by the names of users; they come before those of the file.
    public var users: [String: UserPassword] = [:]

    /// Settings without a user, which is a mistake.
    public init() {}

    /// What the keys mean.
    public static let fields: [SettingField<AuthenticationSettings>] = [
        SettingField("required", "Ask for a name and a password; false lifts what is said outside."),
        SettingField("realm", "What browsers show to say where the password belongs.", examples: ["staff"]),
        SettingField(
            "file", "A file of names and hashes as htpasswd -B writes it; changes count within a second.",
            examples: ["/etc/taproom/site.htpasswd"]),
        SettingField(
            "users", "Passwords by the names of users; they come before those of the file.",
            examples: [["ada": "$2y$10$abcdefghijklmnopqrstuuqflPDzB6gcMhKa1rZqKiun2YGL5sa2u"]]),
    ]

    /// Everything that is malformed, with the keys below a prefix.
    func problems(_ prefix: String) -> [SettingProblem] {
        var problems: [SettingProblem] = []
        if required, file == nil, users.isEmpty {
            problems.append(SettingProblem(prefix + "users", "or file must be set: there is nobody to be let in"))
        }
        if !required, file != nil || !users.isEmpty {
            problems.append(SettingProblem(prefix + "required", "can't be false beside users or file"))
        }
        if !realm.utf8.allSatisfy({ (0x20..<0x7F).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
        ) {
            problems.append(SettingProblem(prefix + "realm", "must be ASCII text without \" and \\"))
        }
        for name in users.keys.sorted() where !UserTable.isName(name) {
            problems.append(
                SettingProblem(
                    prefix + "users", "must have names without colons and control characters, but one is \"\(name)\""))
        }
        return problems
    }
}
