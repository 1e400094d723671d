import NIOCore
import Taproom

/// Decides how long an upstream may take.
///
/// The times are those of the upstream only: for clients that send or take nothing their own connection has a clock.
struct UpstreamClock {
    /// What the connection waits for.
    enum Phase: Equatable {
        /// For the handshake that encrypts it.
        case connecting
        /// For a request.
        case idle
        /// For the upstream to take more of the request.
        case sending
        /// For the answer to begin.
        case answering
        /// For more of the answer.
        case receiving
        /// For the client.
        case held
        /// For either side of a tunnel.
        case tunnel
    }

    /// How long a connection is kept that nobody needs.
    static let longestIdle = TimeAmount.seconds(30)

    private let connect: TimeAmount
    private let answer: TimeAmount
    private let idle: TimeAmount
    private(set) var phase = Phase.connecting
    private var since: NIODeadline

    init(_ settings: ProxySettings, now: NIODeadline) {
        connect = .milliseconds(settings.connect.milliseconds)
        answer = .milliseconds(settings.answer.milliseconds)
        idle = .milliseconds(settings.idle.milliseconds)
        since = now
    }

    /// When the present phase has taken too long.
    var deadline: NIODeadline {
        switch phase {
        case .connecting: since + connect
        case .idle: since + Self.longestIdle
        case .answering: since + answer
        case .sending, .receiving, .tunnel: since + idle
        case .held: .distantFuture
        }
    }

    /// Tells what the connection waits for now, after something has happened.
    ///
    /// Heads of the class 1xx do not prolong the time for the answer.
    mutating func note(_ phase: Phase, now: NIODeadline) {
        if phase == self.phase, phase == .answering || phase == .connecting { return }
        self.phase = phase
        since = now
    }

    /// What is wrong when the present phase has taken too long.
    var failure: UpstreamFailure {
        switch phase {
        case .connecting: .connectTimeout
        case .sending: .timeout("it does not take the request")
        case .answering: .timeout("it did not begin to answer within the time for it")
        case .idle, .receiving, .held, .tunnel: .timeout("it sends nothing more")
        }
    }
}
