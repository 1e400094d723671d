import TapData
import Taproom

/// Decides what becomes of a service, or a group of them, that ended by itself.
struct RestartHistory: Sendable {
    enum Decision: Equatable, Sendable {
        case restart(after: Duration)
        /// The service has done its work; the others go on.
        case leave
        /// The group it is in fails, or the application.
        case giveUp
    }

    /// The last time it failed.
    struct Failure: Sendable, Equatable {
        var time: String
        var reason: String
    }

    private var restarts: [ContinuousClock.Instant] = []
    /// How often the service was restarted in all.
    private(set) var count = 0
    private(set) var lastFailure: Failure?

    mutating func serviceEnded(
        failed: Bool, policy: RestartPolicy, at now: ContinuousClock.Instant = .now
    ) -> Decision {
        guard policy.policy == .always || failed else { return .leave }
        guard policy.policy != .never else { return .giveUp }
        restarts.removeAll { now - $0 >= policy.within.duration }
        guard restarts.count < policy.atMost else { return .giveUp }
        let delay = min(policy.delay.duration * (1 << min(restarts.count, 30)), policy.maxDelay.duration)
        restarts.append(now)
        count += 1
        return .restart(after: delay)
    }

    mutating func failed(_ reason: String) { lastFailure = Failure(time: Timestamp.now, reason: reason) }

    /// Begins anew, as those inside of a group do that is restarted; what has been is still told.
    mutating func forget() { restarts = [] }
}
