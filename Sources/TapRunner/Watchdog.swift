/// Tells the service manager that the application is well, as long as it is.
///
/// Each half interval its health is looked at. Only a check that ends in time, and well, is told: one that hangs, or threads
/// that are all busy, lead to silence, and the service manager starts the application again.
package actor Watchdog {
    private let interval: Duration
    private let clock: any Clock<Duration>
    private let notify: @Sendable () -> Void
    private let isHealthy: @Sendable () async -> Bool
    private var isChecking = false

    /// A watchdog of the service manager's, or nil when it wants none.
    ///
    /// `isHealthy` should do what a client or a commit needs: a round through the event loops, one through the tap's thread.
    package init?(_ manager: ServiceManager, isHealthy: @escaping @Sendable () async -> Bool) {
        guard let interval = manager.watchdogInterval else { return nil }
        self.init(every: interval, notify: { manager.watchdog() }, isHealthy: isHealthy)
    }

    init(
        every interval: Duration, clock: any Clock<Duration> = .continuous, notify: @escaping @Sendable () -> Void,
        isHealthy: @escaping @Sendable () async -> Bool
    ) {
        self.interval = interval
        self.clock = clock
        self.notify = notify
        self.isHealthy = isHealthy
    }

    /// Checks until its task is cancelled: that should be at the very end, after the services were stopped.
    package func run() async {
        while !Task.isCancelled {
            check()
            do { try await clock.sleep(for: interval / 2) } catch { return }
        }
    }

    /// Begins a check, unless one is still under way, and answers the task that ends with it.
    @discardableResult
    func check() -> Task<Void, Never>? {
        guard !isChecking else { return nil }
        isChecking = true
        return Task {
            var isWell = false
            let time = await clock.measure { isWell = await isHealthy() }
            if isWell, time <= interval { notify() }
            isChecking = false
        }
    }
}
