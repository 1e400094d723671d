import Glibc
import TapData

/// A change that is taken back by itself unless somebody confirms it in time.
package struct Confirmation: Sendable, Equatable, Codable {
    /// The revision that is to be confirmed.
    package var revision: Int
    /// The revision whose settings count again otherwise.
    package var fallback: Int
    /// Until when, in milliseconds since 1970: the machine may be off and on again before.
    package var deadline: Int64

    package init(revision: Int, fallback: Int, deadline: Int64) {
        self.revision = revision
        self.fallback = fallback
        self.deadline = deadline
    }

    /// Now, as the deadline is written.
    package static var now: Int64 {
        var clock = timespec()
        clock_gettime(CLOCK_REALTIME, &clock)
        return Int64(clock.tv_sec) * 1000 + Int64(clock.tv_nsec) / 1_000_000
    }

    /// Whether it is too late.
    package var isOver: Bool { deadline <= Confirmation.now }

    /// The deadline in RFC 3339, UTC.
    package var time: String { Timestamp.text(seconds: Int(deadline / 1000), milliseconds: Int(deadline % 1000)) }
}

extension Tap {
    private static let confirmationKey = "unconfirmed"

    /// The change that waits to be confirmed; nil: there is none.
    ///
    /// Throws ``TapFileError/damaged(path:problem:)`` when what is stored can't be read.
    package func confirmation() throws -> Confirmation? {
        try fact(
            Tap.confirmationKey, as: Confirmation.self, named: "the change that waits for its confirmation")
    }

    /// Says which change waits to be confirmed; nil: none does.
    ///
    /// Inside of ``commit(_:)``.
    package func store(_ confirmation: Confirmation?) throws { try storeFact(Tap.confirmationKey, confirmation) }

    /// Takes back the change that was not confirmed in time, settings only: what services remember goes on.
    ///
    /// Inside of ``commit(_:)``. Answers the new revision; nil: there was nothing to take back.
    package func takeBackUnconfirmed(
        status: Revision.Status = .active, by author: String, origin: String
    ) throws -> Int? {
        guard let confirmation = try confirmation(), confirmation.isOver else { return nil }
        try store(nil as Confirmation?)
        let comment = "revision \(confirmation.revision) was not confirmed until \(confirmation.time)"
        return try rollBack(
            to: confirmation.fallback, RollbackScope(settings: true, state: false), status: status,
            by: Authorship(author: author, origin: origin, comment: comment))
    }
}
