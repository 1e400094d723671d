import NIOCore
import TapRelay

/// Counts what passes between a client and a destination, and tells when that is over.
final class RelayedBytes: RelayRecord {
    /// What is counted here before it is told to the records of the service, which all event loops share.
    private static let mostBytes: Int64 = 1 << 20
    private static let longest = TimeAmount.seconds(1)

    private let records: SocksRecords
    private let user: String?
    private let done: (SocksCounters.Bytes) -> Void
    private var total = SocksCounters.Bytes()
    private var untold = SocksCounters.Bytes()
    private var toldAt = NIODeadline.now()

    /// Nothing has passed; `done` is called with all that has when it is over.
    init(_ records: SocksRecords, _ user: String?, done: @escaping (SocksCounters.Bytes) -> Void) {
        (self.records, self.user, self.done) = (records, user, done)
    }

    func passed(_ bytes: Int, from side: RelaySide) {
        switch side {
        case .client: untold.sent += Int64(bytes)
        case .target: untold.received += Int64(bytes)
        }
        let now = NIODeadline.now()
        if untold.sent + untold.received >= RelayedBytes.mostBytes || now - toldAt >= RelayedBytes.longest {
            tell(now)
        }
    }

    func ended(_ ending: RelayEnding) {
        tell(.now())
        done(total)
    }

    private func tell(_ now: NIODeadline) {
        toldAt = now
        records.count(untold, for: user)
        total.sent += untold.sent
        total.received += untold.received
        untold = SocksCounters.Bytes()
    }
}
