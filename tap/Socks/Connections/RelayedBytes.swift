import TapRelay

/// Counts what passes between a client and a destination, before it is passed on, and tells when that is over.
final class RelayedBytes: RelayRecord {
    private let records: SocksRecords
    private let user: String?
    private let done: (SocksCounters.Bytes) -> Void
    private var total = SocksCounters.Bytes()

    /// Nothing has passed; `done` is called with all that has when it is over.
    init(_ records: SocksRecords, _ user: String?, done: @escaping (SocksCounters.Bytes) -> Void) {
        (self.records, self.user, self.done) = (records, user, done)
    }

    func passed(_ bytes: Int, from side: RelaySide) {
        var passed = SocksCounters.Bytes()
        switch side {
        case .client: passed.sent = Int64(bytes)
        case .target: passed.received = Int64(bytes)
        }
        total.sent += passed.sent
        total.received += passed.received
        records.count(passed, for: user)
    }

    func ended(_ ending: RelayEnding) { done(total) }
}
