import TapData

/// Which points of the history are kept: a point stays when any of the rules keeps it.
///
/// Snapshots with a name are pinned: no rule removes them. Without rules everything is kept.
package struct Retention: Sendable, Equatable, Defaulted {
    /// So many of the newest revisions are kept.
    package var keep: Int?
    /// Of so many of the last hours in which there was a revision, the newest of each hour.
    package var hourly: Int?
    /// Of so many of the last days in which there was a revision, the newest of each day (UTC).
    package var daily: Int?
    /// When the file is larger, the oldest points go until it is not, whatever the other rules say.
    package var size: ByteCount?

    package init() {}

    enum CodingKeys: String, CodingKey { case keep, hourly, daily, size }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func count(_ key: CodingKeys) throws -> Int? {
            guard let count = try container.decodeIfPresent(Int.self, forKey: key) else { return nil }
            guard count >= 1 else {
                throw DataError(path: [.key(key.rawValue)], problem: "must be 1 or more, but is \(count)")
            }
            return count
        }
        keep = try count(.keep)
        hourly = try count(.hourly)
        daily = try count(.daily)
        size = try container.decodeIfPresent(ByteCount.self, forKey: .size)
    }
}
