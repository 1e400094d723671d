public import Taproom

/// How the pages of this machine's users are served, below `/~name/`.
public struct WebUsers: DocumentedSettings, SettingsGroup, Equatable, Sendable {
    /// What the folder is usually called.
    static let usualFolder = "public_html"

    /// The folder in a user's home that is served; nil: pages of users are not served.
    public var folder: String?
    /// Whether a user's own server answers instead, when there is one.
    public var personal = true

    /// The defaults.
    public init() {}

    /// What the keys mean.
    public static let fields: [SettingField<WebUsers>] = [
        SettingField(
            "folder",
            "The folder in a user's home that is served below /~name/; it has to be the user's. Without it there are no such pages.",
            examples: ["public_html"]),
        SettingField(
            "personal", "Let a user's own server answer, when it listens on .twistd-web-pb in the user's home."),
    ]

    /// What is wrong, with the keys below a prefix.
    func problems(_ prefix: String) -> [SettingProblem] {
        guard let folder else { return [] }
        let names = folder.split(separator: "/", omittingEmptySubsequences: false)
        guard names.contains(where: { ["", ".", ".."].contains($0) }) || folder.utf8.contains(0) else { return [] }
        return [SettingProblem(prefix + "folder", "must be the path of a folder in a home, but is \"\(folder)\"")]
    }
}
