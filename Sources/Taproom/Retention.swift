import TapData

/// Which points of the history are kept: a point stays when any of the rules keeps it.
///
/// Snapshots with a name are pinned: no rule removes them. Without rules everything is kept.
package struct Retention: Sendable, Equatable, DocumentedSettings {
    /// So many of the newest revisions are kept.
    package var keep: Int?
    /// Of so many of the last hours in which there was a revision, the newest of each hour.
    package var hourly: Int?
    /// Of so many of the last days in which there was a revision, the newest of each day (UTC).
    package var daily: Int?
    /// When the file is larger, the oldest points go until it is not, whatever the other rules say.
    package var size: ByteCount?

    package static let fields: [SettingField<Retention>] = [
        SettingField("keep", "So many of the newest revisions are kept.", \.keep, in: 1..., examples: [100]),
        SettingField(
            "hourly", "Of so many of the last hours in which there was a revision, the newest of each is kept.",
            \.hourly,
            in: 1..., examples: [48]),
        SettingField(
            "daily", "Of so many of the last days in which there was a revision, the newest of each is kept.", \.daily,
            in: 1..., examples: [30]),
        SettingField("size", "When the file is larger, the oldest points go until it is not."),
    ]

    package init() {}

    enum CodingKeys: String, CodingKey { case keep, hourly, daily, size }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        keep = try container.decodeIfPresent(Int.self, forKey: .keep)
        hourly = try container.decodeIfPresent(Int.self, forKey: .hourly)
        daily = try container.decodeIfPresent(Int.self, forKey: .daily)
        size = try container.decodeIfPresent(ByteCount.self, forKey: .size)
        if let problem = rangeProblems.first {
            throw DataError(path: [.key(problem.key)], problem: problem.problem)
        }
    }
}
