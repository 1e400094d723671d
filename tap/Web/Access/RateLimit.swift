import NIOCore
import Synchronization
import TapNetwork

/// Lets each client make so many requests in the long run, and some of them at once.
///
/// It is the generic cell rate algorithm (ITU-T I.371, annex A), which for each client needs one time only: that at which
/// all of its requests would have come if they had come evenly. Shared by all event loops: clients are divided among
/// tables, each with a lock that is held for some nanoseconds. The tables have room for 65,536 clients, which is 1 MiB, from
/// the first request on, and no more memory is ever taken: in place of the client that may ask most the new one is kept.
final class RateLimit: Sendable {
    private static let tables = 16

    private let interval: Int64
    private let tolerance: Int64
    private let shards: [Shard]

    /// A limit that nobody has come near yet.
    ///
    /// Nil when the settings have none.
    init?(_ settings: RateSettings) {
        guard let rate = settings.requests else { return nil }
        interval = max(1, rate.nanoseconds / rate.count)
        tolerance = interval * (Int64(settings.burst ?? Int(rate.count)) - 1)
        shards = (0..<Self.tables).map { _ in Shard() }
    }

    /// Counts a request, and says how long its client has to wait if it came too early; such a request doesn't count.
    func admit(_ client: ClientKey, now: NIODeadline = .now()) -> TimeAmount? {
        let now = Int64(now.uptimeNanoseconds)
        let shard = shards[Int(client.value % UInt64(Self.tables))]
        let wait = shard.table.withLock {
            $0.admit(client.value / UInt64(Self.tables), interval: interval, tolerance: tolerance, now: now)
        }
        return wait > 0 ? .nanoseconds(wait) : nil
    }
}

/// A table with its lock.
private final class Shard: Sendable {
    let table = Mutex(RateTable())
}

/// The times of clients, in sets of eight that a client's number chooses one of.
private struct RateTable {
    private struct Client {
        var number: UInt64 = 0
        /// When all of its requests would have come if they had come evenly, in nanoseconds; 0: there is no client.
        var due: Int64 = 0
    }

    private static let sets = 512
    private static let ways = 8

    private var clients: [Client] = []

    /// How long the client has to wait, in nanoseconds; 0: it is admitted.
    mutating func admit(_ number: UInt64, interval: Int64, tolerance: Int64, now: Int64) -> Int64 {
        if clients.isEmpty { clients = [Client](repeating: Client(), count: Self.sets * Self.ways) }
        let start = Int(number % UInt64(Self.sets)) * Self.ways
        var place = start
        for index in start..<(start + Self.ways) {
            if clients[index].number == number, clients[index].due > 0 {
                place = index
                break
            }
            if clients[index].due < clients[place].due { place = index }
        }
        let isKnown = clients[place].number == number
        let due = max(now, isKnown ? clients[place].due : 0)
        guard due - tolerance <= now else { return due - tolerance - now }
        clients[place] = Client(number: number, due: due + interval)
        return 0
    }
}
