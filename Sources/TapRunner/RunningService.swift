import Logging
import ServiceLifecycle
import ServiceLifecycleTestKit
import Synchronization
import TapControl
import Taproom

/// One service that was made: its life from the start to the stop.
final class RunningService: Sendable {
    /// How a service came to its end.
    enum Ending: Sendable {
        case stopped
        case failed(String)

        /// What the log says about it.
        var text: String {
            switch self {
            case .stopped: "it returned"
            case .failed(let problem): problem
            }
        }
    }

    /// How long a service that was cancelled gets to return.
    private static let cancellationLimit = Duration.seconds(1)

    /// The path of the service.
    let path: String
    /// The number its state is stored under.
    let identity: Int64
    private let service: any Service
    private let shutdown = Shutdown()
    private let ended: @Sendable (Ending) -> Void
    private let current: Mutex<PlannedService>
    private let task = Mutex<Task<Ending, Never>?>(nil)
    private let isOver = Mutex(false)

    /// What it is asked to be: what it was made from, or has taken since.
    var plan: PlannedService { current.withLock { $0 } }

    /// Makes the service; it does not run yet.
    ///
    /// `ended` is told when it ends without having been stopped.
    ///
    /// Throws ``RunnerError/serviceFailed(service:problem:)`` when it can't be made.
    init(
        _ plan: PlannedService, identity: Int64, sockets: [ListeningSocket], store: any StateStore, logger: Logger,
        shell: (any ApplicationShell)? = nil,
        ended: @escaping @Sendable (Ending) -> Void
    ) async throws(RunnerError) {
        (self.path, self.identity) = (plan.path, identity)
        self.ended = ended
        current = Mutex(plan)
        var logger = logger
        logger[metadataKey: "service"] = "\(plan.path)"
        let listeners = sockets.map { Listener(endpoint: $0.endpoint, descriptor: $0.socket.descriptor) }
        let context = ServiceContext(
            name: plan.path, logger: logger, listeners: listeners, identity: identity, store: store,
            shell: shell)
        do {
            service = try await plan.settings.makeService(context)
        } catch {
            throw .serviceFailed(service: plan.path, problem: "\(error)")
        }
    }

    /// Lets it run.
    func run() {
        let task = Task {
            let ending = await shutdown.ending(of: service)
            isOver.withLock { $0 = true }
            if !shutdown.hasBegun { ended(ending) }
            return ending
        }
        self.task.withLock { $0 = task }
    }

    /// Whether it ran and does no more.
    var hasEnded: Bool { isOver.withLock { $0 } }

    /// Prepares for other settings; what is answered makes them count, and can't fail.
    ///
    /// Throws ``RunnerError/serviceFailed(service:problem:)`` when it can't take them; it goes on as it is then.
    func reconfiguration(to plan: PlannedService) async throws(RunnerError) -> @Sendable () -> Void {
        let isSame = self.plan.definition.settings == plan.definition.settings
        do {
            let change = isSame ? nil : try await plan.settings.reconfiguration(service)
            if change == nil, !isSame { throw NotReconfigurable() }
            return { [self] in
                change?()
                current.withLock { $0 = plan }
            }
        } catch {
            throw .serviceFailed(service: plan.path, problem: "\(error)")
        }
    }

    /// A kind that says its services take other settings, and makes services that can't.
    private struct NotReconfigurable: Error, CustomStringConvertible {
        var description: String { "its kind takes other settings, but the service is no ReconfigurableService" }
    }

    /// Begins the graceful shutdown and waits for its end: for `limit`, then cancels the service.
    ///
    /// Answers whether it ended.
    func stop(within limit: Duration) async -> Bool {
        beginStop()
        if await ends(within: limit) { return true }
        await cancel()
        return false
    }

    /// Begins the graceful shutdown: no more connections are accepted.
    func beginStop() { shutdown.begin() }

    /// Cancels the service, and waits a moment for its end.
    func cancel() async {
        hurry()
        _ = await ends(within: RunningService.cancellationLimit)
    }

    /// Ends the time that a stop still has.
    func hurry() { task.withLock { $0 }?.cancel() }

    /// Waits for the end of the service; answers whether it came in time.
    func ends(within limit: Duration) async -> Bool {
        guard let task = task.withLock({ $0 }) else { return true }
        let first = FirstAnswer()
        return await withCheckedContinuation { continuation in
            first.wait(continuation)
            let timer = Task {
                try? await Task.sleep(for: limit)
                first.answer(false)
            }
            Task {
                _ = await task.value
                first.answer(true)
                timer.cancel()
            }
        }
    }
}

/// Resumes a continuation with whichever answer comes first.
private final class FirstAnswer: Sendable {
    private let continuation = Mutex<CheckedContinuation<Bool, Never>?>(nil)

    func wait(_ continuation: CheckedContinuation<Bool, Never>) { self.continuation.withLock { $0 = continuation } }

    func answer(_ answer: Bool) {
        let continuation = continuation.withLock { continuation in
            defer { continuation = nil }
            return continuation
        }
        continuation?.resume(returning: answer)
    }
}

/// The graceful shutdown of one service.
///
/// ServiceLifecycle has it for groups of services, and a group for each service took a sixth of its start and 22 KB. What a
/// service sees of a group, which is all it asks for in `withGracefulShutdownHandler` and its like, a public function of the
/// library's test kit gives it as well.
private final class Shutdown: Sendable {
    private enum State {
        case waiting
        case running(GracefulShutdownTestTrigger)
        case begun
    }

    private let state = Mutex(State.waiting)

    /// Whether the service is to stop.
    var hasBegun: Bool {
        state.withLock { state in
            if case .begun = state { true } else { false }
        }
    }

    /// Runs the service until it ends.
    func ending(of service: any Service) async -> RunningService.Ending {
        do {
            try await testGracefulShutdown { trigger in
                let hasBegun = state.withLock { state in
                    if case .begun = state { return true }
                    state = .running(trigger)
                    return false
                }
                if hasBegun { trigger.triggerGracefulShutdown() }
                try await service.run()
            }
            return .stopped
        } catch {
            return .failed("\(error)")
        }
    }

    /// Begins it, once.
    func begin() {
        let trigger: GracefulShutdownTestTrigger? = state.withLock { state in
            defer { state = .begun }
            if case .running(let trigger) = state { return trigger }
            return nil
        }
        trigger?.triggerGracefulShutdown()
    }
}
