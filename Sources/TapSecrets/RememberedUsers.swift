/// Users whose passwords were right a short while ago, by digests of what they sent.
///
/// It has two generations: when the younger is full it becomes the older, and what was older goes.
package struct RememberedUsers {
    private struct Entry {
        let user: String
        let end: ContinuousClock.Instant
    }

    /// How long a password that was right is not checked again.
    static let duration = Duration.seconds(60)

    private let generationSize: Int
    private var younger: [KeyedDigest.Value: Entry] = [:]
    private var older: [KeyedDigest.Value: Entry] = [:]

    /// Remembers never more than some users.
    package init(atMost count: Int = 4096) { generationSize = count / 2 }

    /// How many are remembered, those included whose time is over.
    package var count: Int { younger.count + older.count }

    /// The user who sent what has a digest; nil when nobody did, or too long ago.
    package func user(_ digest: KeyedDigest.Value, now: ContinuousClock.Instant) -> String? {
        guard let entry = younger[digest] ?? older[digest], now < entry.end else { return nil }
        return entry.user
    }

    /// Remembers a user.
    package mutating func insert(_ user: String, for digest: KeyedDigest.Value, now: ContinuousClock.Instant) {
        if younger.count >= generationSize {
            older = younger
            younger = [:]
        }
        younger[digest] = Entry(user: user, end: now + Self.duration)
    }
}
