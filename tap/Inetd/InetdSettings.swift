public import Taproom

/// What is started for connections, and how many at once.
public struct InetdSettings: ServiceSettings {
    /// What is started where.
    public var entries: [InetdEntry] = []
    /// How many programs run at once for all entries together.
    public var atOnce = 256

    /// Settings that start nothing.
    public init() {}

    /// Those of all entries.
    public var endpoints: [Endpoint] { entries.flatMap(\.listen.elements) }

    /// What the keys mean.
    public static let fields: [SettingField<InetdSettings>] = [
        SettingField("entries", "What is started where."),
        SettingField(
            "atOnce", "How many programs run at once for all entries together; other clients wait.", \.atOnce,
            in: 1...100_000, examples: [32]),
    ]

    /// What is wrong with the entries.
    public func problems() -> [SettingProblem] {
        entries.indices.flatMap { entries[$0].problems("entries[\($0)].") }
    }
}
