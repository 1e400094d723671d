import TapRelay

/// Counts what passes between a client and a destination, and tells when that is over.
///
/// Used on the thread of the connection only.
final class RelayedBytes: RelayRecord {
    private let records: SocksRecords
    private let user: String?
    private let done: (SocksCounters.Bytes) -> Void
    private var tally = RelayTally()

    /// Nothing has passed; `done` is called with all that has when it is over.
    init(_ records: SocksRecords, _ user: String?, done: @escaping (SocksCounters.Bytes) -> Void) {
        (self.records, self.user, self.done) = (records, user, done)
    }

    func passed(_ bytes: Int, from side: RelaySide) {
        if let passed = tally.add(bytes, from: side) { records.count(SocksCounters.Bytes(passed), for: user) }
    }

    func ended(_ ending: RelayEnding) {
        records.count(SocksCounters.Bytes(tally.takeRest()), for: user)
        done(SocksCounters.Bytes(tally.total))
    }
}

extension SocksCounters.Bytes {
    fileprivate init(_ bytes: RelayTally.Bytes) { self.init(sent: Int64(bytes.sent), received: Int64(bytes.received)) }
}
