import NIOCore

/// What has passed through a relay, told now and then: to tell of each piece would cost more than to pass it on.
///
/// Used on the thread of the relay only.
package struct RelayTally {
    /// Bytes in both directions.
    package struct Bytes: Equatable, Sendable {
        /// From the client.
        package var sent = 0
        /// From the target.
        package var received = 0
    }

    /// How often it is told, at most, and after how many bytes anyway.
    private static let interval = TimeAmount.seconds(1)
    private static let manyBytes = 8 << 20

    /// What was told.
    package private(set) var total = Bytes()
    private var untold = Bytes()
    private var lastTold = NIODeadline.now()

    /// Nothing has passed.
    package init() {}

    /// Adds bytes, and answers what is to be told now, if anything is.
    package mutating func add(_ bytes: Int, from side: RelaySide) -> Bytes? {
        if side == .client { untold.sent += bytes } else { untold.received += bytes }
        let now = NIODeadline.now()
        guard untold.sent + untold.received >= Self.manyBytes || now - lastTold >= Self.interval else { return nil }
        lastTold = now
        return takeRest()
    }

    /// What was not told yet, which is with that.
    package mutating func takeRest() -> Bytes {
        total.sent += untold.sent
        total.received += untold.received
        defer { untold = Bytes() }
        return untold
    }
}
