package import TapFile
import TapMetrics

/// Whether an application does what it should.
package struct Health: Sendable, Equatable, Codable {
    /// Everything in the process answers: if not, only a new start helps.
    package var live = true
    /// Every enabled service runs, and nobody has asked to stop.
    package var ready = true
    /// What is acknowledged is on the disk, and what may be lost is no more than was promised.
    package var durable = true
    /// What is the matter, a sentence each; empty when nothing is.
    package var problems: [String] = []

    package init() {}
}

/// Finds out how an application is.
///
/// It asks, and believes nobody who does not answer within the time of the probe: the event loops, the thread of the tap, and the
/// application itself. So it serves those who watch from outside as well as the watchdog of systemd.
package struct HealthCheck: Sendable {
    /// For how many seconds changes may wait for the disk that were to be there within one.
    ///
    /// A disk that is busy for a moment is no reason to take an application out of service.
    package static let greatestDelay = 5.0

    private let application: any ControlledApplication
    private let storage: @Sendable () async -> WriterCondition
    private let loops: EventLoopProbe
    private let isStopping: @Sendable () async -> Bool

    /// A check of an application.
    ///
    /// - Parameters:
    ///   - application: its status says what runs.
    ///   - loops: the event loops it is served on.
    ///   - storage: answers, from the thread of the tap, how the tap is.
    ///   - isStopping: whether the application was told to stop.
    package init(
        _ application: any ControlledApplication, loops: EventLoopProbe,
        storage: @escaping @Sendable () async -> WriterCondition,
        isStopping: @escaping @Sendable () async -> Bool = { false }
    ) {
        self.application = application
        self.loops = loops
        self.storage = storage
        self.isStopping = isStopping
    }

    /// How the application is now; known when the limit of the probe is over, at the latest.
    package func health() async -> Health {
        async let delays = loops.delays()
        async let condition = answer(within: loops.limit, of: storage)
        async let status = answer(within: loops.limit) { try? await application.status() }
        async let isStopping = answer(within: loops.limit, of: isStopping)
        var health = Health()
        health.note(await delays, limit: loops.limit)
        health.note(await condition)
        // The application asks the tap, and is not to blame when that is silent.
        if await condition != nil { health.note(await status) } else { health.ready = false }
        health.note(isStopping: await isStopping)
        return health
    }
}

extension Health {
    fileprivate mutating func note(_ delays: [Duration], limit: Duration) {
        for (number, delay) in delays.enumerated() where delay >= limit {
            live = false
            problems.append("event loop \(number) does not answer")
        }
    }

    fileprivate mutating func note(_ condition: WriterCondition?) {
        guard let condition else {
            (live, durable) = (false, false)
            problems.append("the thread of the tap does not answer")
            return
        }
        if let failure = condition.failure {
            durable = false
            problems.append("the last changes could not be stored: \(failure)")
        }
        if condition.promisedLossWindow >= HealthCheck.greatestDelay {
            durable = false
            let seconds = Int(condition.promisedLossWindow)
            problems.append("changes of \(seconds) seconds ago should be on the disk after one, and are not")
        }
    }

    /// `status` is nil when it did not come, and has nil in it when it could not be made.
    fileprivate mutating func note(_ status: StatusReport??) {
        guard let status else {
            (live, ready) = (false, false)
            problems.append("the application does not answer")
            return
        }
        guard let status else {
            ready = false
            problems.append("the application does not know its state: its tap is closed or can't be read")
            return
        }
        var disabled: [String] = []
        for service in status.services {
            // What is in a group that is disabled is to be stopped; groups come before what is in them.
            if disabled.contains(where: service.name.hasPrefix) { continue }
            if !service.enabled { disabled.append(service.name + "/") }
            guard service.enabled, !service.isAsWanted else { continue }
            ready = false
            problems.append("service \"\(service.name)\" is \(service.state.rawValue)")
        }
    }

    fileprivate mutating func note(isStopping: Bool?) {
        guard isStopping != false else { return }
        ready = false
        if isStopping == true { problems.append("the application was told to stop") }
    }
}

extension StatusReport.Service {
    /// Services in quarantine are left alone because somebody said so.
    fileprivate var isAsWanted: Bool { state == .running || state == .quarantined }
}
