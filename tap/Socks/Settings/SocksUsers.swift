public import TapSecrets
public import Taproom

/// Who may ask, by names and passwords (RFC 1929).
public struct SocksUsers: DocumentedSettings, SettingsGroup, Equatable, Sendable {
    /// A file of names and hashes as `htpasswd` writes it.
    public var file: LocalPath?
    /// Hashes of passwords by the names of users; they come before those of the file.
    public var users: [String: UserPassword] = [:]

    /// Nobody is asked for a password.
    public init() {}

    /// What the keys mean.
    public static let fields: [SettingField<SocksUsers>] = [
        SettingField(
            "file", "A file of names and hashes as htpasswd -B writes it; changes count within a second.",
            examples: ["/etc/taproom/socks.htpasswd"]),
        SettingField(
            "users", "Passwords by the names of users; they come before those of the file.",
            examples: [["ada": "$2y$10$abcdefghijklmnopqrstuuqflPDzB6gcMhKa1rZqKiun2YGL5sa2u"]]),
    ]

    /// Whether a password is asked for.
    var isAsked: Bool { file != nil || !users.isEmpty }
}
