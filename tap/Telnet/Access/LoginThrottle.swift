import NIOCore
import TapNetwork

/// Delays those who guess passwords: each try from an address waits for the one before it, and longer each time.
///
/// A try counts as failed until it is known to be right, so that many at once are no faster than one after the other.
struct LoginThrottle: Sendable {
    /// Those who are told apart.
    enum Source: Hashable, Sendable {
        case address(ClientKey)
        /// Whoever can open the unix socket.
        case socket

        /// That of a connection.
        init(_ address: SocketAddress?) { self = ClientKey(address).map(Source.address) ?? .socket }
    }

    private struct Entry {
        var tries = 0
        /// When the next try may be looked at.
        var next: NIODeadline
    }

    /// How many sources are remembered, unless each of them is still to be delayed.
    static let maximumCount = 4096
    /// How long a source is remembered.
    private static let memory = TimeAmount.minutes(15)

    private var entries: [Source: Entry] = [:]

    /// How many sources are remembered.
    var count: Int { entries.count }

    /// Begins a try, and answers how long it has to wait.
    mutating func begin(_ source: Source, now: NIODeadline, delay: TimeAmount, atMost longest: TimeAmount) -> TimeAmount
    {
        forget(now)
        var entry = entries[source] ?? Entry(next: now)
        let start = max(now, entry.next)
        entry.tries += 1
        entry.next = start + LoginThrottle.delay(entry.tries, delay, longest)
        entries[source] = entry
        return start - now
    }

    /// Begins anew for somebody who has shown who they are.
    mutating func succeed(_ source: Source) { entries[source] = nil }

    /// The delay behind a try, counted from 1.
    private static func delay(_ tries: Int, _ delay: TimeAmount, _ longest: TimeAmount) -> TimeAmount {
        let factor = Int64(1) << Int64(min(tries - 1, 20))
        let (product, isTooMuch) = delay.nanoseconds.multipliedReportingOverflow(by: factor)
        return isTooMuch ? longest : min(.nanoseconds(product), longest)
    }

    private mutating func forget(_ now: NIODeadline) {
        guard entries.count >= LoginThrottle.maximumCount else { return }
        entries = entries.filter { now < $0.value.next + LoginThrottle.memory }
        guard entries.count >= LoginThrottle.maximumCount else { return }
        // Who makes so many addresses guess is delayed no less for that: those that may try again anyway go first.
        let next = entries.values.map(\.next).sorted()[entries.count / 2]
        entries = entries.filter { $0.value.next > next }
    }
}
