import NIOCore
import Taproom

/// Decides how long a connection may go on as it does.
///
/// There is one timer for each connection. It is not moved with every request: when it fires it asks whether the time
/// has really come, and is set again for the rest.
struct ConnectionClock {
    /// What a connection is doing.
    enum Phase: Equatable {
        /// Waiting for a request.
        case idle
        /// Reading the head of a request.
        case receivingHead
        /// Reading and discarding the body of a request.
        case receivingBody
        /// Waiting for whoever answers, who has time limits of its own.
        case answering
        /// Sending, or waiting for the client to take what was sent.
        case sending
        /// Closed for sending; waiting for the client to see it.
        case lingering
    }

    /// What to do when the timer fires.
    enum Verdict: Equatable {
        case wait(until: NIODeadline)
        /// The request takes too long: say so, and close.
        case refuse
        case close
    }

    private let idle: TimeAmount
    private let request: TimeAmount
    private(set) var phase = Phase.idle
    private var since: NIODeadline
    private var progress: Int64 = 0
    private var pace: BodyPace

    /// How long a client may take to see that the connection was closed for sending.
    private static let lingering = TimeAmount.seconds(2)

    init(_ limits: WebLimits, now: NIODeadline) {
        idle = .milliseconds(limits.idle.milliseconds)
        request = .milliseconds(limits.request.milliseconds)
        since = now
        pace = BodyPace(limits)
    }

    /// When the present phase has taken too long.
    var deadline: NIODeadline {
        switch phase {
        case .idle, .sending: since + idle
        case .receivingBody: pace.deadline
        case .answering: .distantFuture
        case .receivingHead: since + request
        case .lingering: since + Self.lingering
        }
    }

    /// Tells what the connection does now.
    ///
    /// Bytes of a head that drip in do not prolong the time for it.
    mutating func note(_ phase: Phase, now: NIODeadline) {
        pace.note(isReading: phase == .receivingBody, now: now)
        if phase == self.phase, phase == .receivingHead || phase == .lingering { return }
        self.phase = phase
        since = now
    }

    /// Tells that a request with a body begins.
    mutating func beginBody() { pace.begin() }

    /// Tells of a piece of a body, before ``note(_:now:)`` tells when it came.
    mutating func receiveBody(_ bytes: Int) { pace.receive(bytes) }

    /// Decides when the timer has fired.
    ///
    /// `sent` is a number that changes when the client takes bytes.
    mutating func verdict(now: NIODeadline, sent: Int64) -> Verdict {
        if phase == .sending, sent != progress {
            progress = sent
            since = now
        }
        if now < deadline { return .wait(until: deadline) }
        return phase == .receivingHead || phase == .receivingBody ? .refuse : .close
    }
}
