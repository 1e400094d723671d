import NIOCore
import Taproom

/// Decides whether the body of a request comes fast enough.
///
/// A client may pause for a while, and has to send so many bytes in a second besides, on average and from such a while on:
/// otherwise a byte now and then would keep a connection, and whoever answers, for ever. Time when nobody reads doesn't count.
struct BodyPace {
    /// Longer bodies than this come anyhow as fast as they like.
    private static let longest: Int64 = 10 * 365 * 86_400

    private let pause: TimeAmount
    private let bytesPerSecond: Int64
    private var bytes: Int64 = 0
    private var isFresh = false
    /// When the last piece came, or reading began.
    private var last = NIODeadline.distantPast
    /// Since when the body is read; nil: nobody reads it.
    private var since: NIODeadline?
    /// How long it was read before.
    private var spent = TimeAmount.nanoseconds(0)

    /// For a body that nobody reads yet.
    init(_ limits: WebLimits) {
        pause = .milliseconds(limits.body.milliseconds)
        bytesPerSecond = limits.bodyRate.bytes
    }

    /// Another body begins, which nobody reads yet.
    mutating func begin() { (bytes, isFresh, since, spent) = (0, false, nil, .nanoseconds(0)) }

    /// Notes a piece, which came at the time that is noted next.
    mutating func receive(_ count: Int) {
        bytes += Int64(count)
        isFresh = true
    }

    /// Notes whether the body is being read.
    mutating func note(isReading: Bool, now: NIODeadline) {
        if isReading, isFresh || since == nil { last = now }
        isFresh = false
        if isReading {
            since = since ?? now
        } else if let since {
            spent = spent + (now - since)
            self.since = nil
        }
    }

    /// When the body is too late.
    var deadline: NIODeadline {
        guard let since else { return .distantFuture }
        guard bytesPerSecond > 0 else { return last + pause }
        let allowed = pause + .seconds(min(bytes / bytesPerSecond, BodyPace.longest))
        return min(last + pause, since + (allowed - spent))
    }
}
