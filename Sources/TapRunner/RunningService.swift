import Logging
import ServiceLifecycle
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

    /// The number its state is stored under.
    let identity: Int64
    private let service: any Service
    private let group: ServiceGroup
    private let ended: @Sendable (Ending) -> Void
    private let current: Mutex<PlannedService>
    private let task = Mutex<Task<Ending, Never>?>(nil)
    private let isStopping = Mutex(false)

    /// What it is asked to be: what it was made from, or has taken since.
    var plan: PlannedService { current.withLock { $0 } }

    /// Makes the service; it does not run yet.
    ///
    /// `ended` is told when it ends without having been stopped.
    ///
    /// Throws ``RunnerError/serviceFailed(service:problem:)`` when it can't be made.
    init(
        _ plan: PlannedService, identity: Int64, sockets: [BoundSocket], store: any StateStore, logger: Logger,
        ended: @escaping @Sendable (Ending) -> Void
    ) async throws(RunnerError) {
        self.identity = identity
        self.ended = ended
        current = Mutex(plan)
        var logger = logger
        logger[metadataKey: "service"] = "\(plan.path)"
        let listeners = sockets.map { Listener(endpoint: $0.endpoint, descriptor: $0.descriptor) }
        let context = ServiceContext(
            name: plan.path, logger: logger, listeners: listeners, identity: identity, store: store)
        do {
            service = try await plan.settings.makeService(context)
        } catch {
            throw .serviceFailed(service: plan.path, problem: "\(error)")
        }
        // The group's own account of its life is of no use to an administrator.
        let quiet = Logger(label: "lifecycle") { _ in SwiftLogNoOpLogHandler() }
        let entry = ServiceGroupConfiguration.ServiceConfiguration(
            service: NamedService(name: plan.path, service: service),
            successTerminationBehavior: .gracefullyShutdownGroup, failureTerminationBehavior: .cancelGroup)
        group = ServiceGroup(configuration: .init(services: [entry], logger: quiet))
    }

    /// Lets it run.
    func run() {
        let task = Task { [group] in
            do {
                try await group.run()
                return Ending.stopped
            } catch {
                return .failed("\(error)")
            }
        }
        self.task.withLock { $0 = task }
        Task {
            let ending = await task.value
            if !isStopping.withLock({ $0 }) { ended(ending) }
        }
    }

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
        await beginStop()
        if await ends(within: limit) { return true }
        await cancel()
        return false
    }

    /// Begins the graceful shutdown: no more connections are accepted.
    func beginStop() async {
        isStopping.withLock { $0 = true }
        await group.triggerGracefulShutdown()
    }

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

/// A service under its name.
///
/// The group that runs a service asks for its description, and making one by reflection is slow.
private struct NamedService: Service, CustomStringConvertible {
    let name: String
    let service: any Service

    var description: String { name }

    func run() async throws { try await service.run() }
}
