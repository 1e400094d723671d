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

    let plan: PlannedService
    /// The number its state is stored under.
    let identity: Int64
    private let shutdown: Shutdown
    private let task: Task<Ending, Never>

    /// Makes the service and lets it run.
    ///
    /// `ended` is told when it ends without having been stopped.
    ///
    /// Throws ``RunnerError/serviceFailed(service:problem:)`` when it can't be made.
    init(
        _ plan: PlannedService, identity: Int64, sockets: [BoundSocket], store: any StateStore, logger: Logger,
        ended: @escaping @Sendable (Ending) -> Void
    ) async throws(RunnerError) {
        self.plan = plan
        self.identity = identity
        var logger = logger
        logger[metadataKey: "service"] = "\(plan.path)"
        let listeners = sockets.map { Listener(endpoint: $0.endpoint, descriptor: $0.descriptor) }
        let context = ServiceContext(
            name: plan.path, logger: logger, listeners: listeners, identity: identity, store: store)
        let service: any Service
        do {
            service = try await plan.settings.makeService(context)
        } catch {
            throw .serviceFailed(service: plan.path, problem: "\(error)")
        }
        let shutdown = Shutdown()
        self.shutdown = shutdown
        task = Task {
            let ending = await shutdown.ending(of: service)
            if !shutdown.hasBegun { ended(ending) }
            return ending
        }
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
    func hurry() { task.cancel() }

    /// Waits for the end of the service; answers whether it came in time.
    func ends(within limit: Duration) async -> Bool {
        let first = FirstAnswer()
        return await withCheckedContinuation { continuation in
            first.wait(continuation)
            let timer = Task {
                try? await Task.sleep(for: limit)
                first.answer(false)
            }
            Task { [task] in
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
