import Taproom

/// Decides what becomes of a service that ended by itself.
struct RestartHistory: Sendable {
    enum Decision: Equatable, Sendable {
        case restart(after: Duration)
        /// The service has done its work; the others go on.
        case leave
        /// The application stops.
        case giveUp
    }

    private var restarts: [ContinuousClock.Instant] = []
    /// How often the service was restarted in all.
    private(set) var count = 0

    /// The first delay; it doubles with each restart within the policy's time, up to ten seconds.
    private static let firstDelay = Duration.milliseconds(100)

    mutating func serviceEnded(
        failed: Bool, policy: RestartPolicy, at now: ContinuousClock.Instant = .now
    ) -> Decision {
        guard policy.policy == .always || failed else { return .leave }
        guard policy.policy != .never else { return .giveUp }
        restarts.removeAll { now - $0 >= policy.within.duration }
        guard restarts.count < policy.atMost else { return .giveUp }
        let delay = min(RestartHistory.firstDelay * (1 << min(restarts.count, 10)), .seconds(10))
        restarts.append(now)
        count += 1
        return .restart(after: delay)
    }
}
