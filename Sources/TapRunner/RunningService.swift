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

    let plan: PlannedService
    /// The number its state is stored under.
    let identity: Int64
    private let group: ServiceGroup
    private let task: Task<Ending, Never>
    private let isStopping = Mutex(false)

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
        // The group's own account of its life is of no use to an administrator.
        let quiet = Logger(label: "lifecycle") { _ in SwiftLogNoOpLogHandler() }
        let entry = ServiceGroupConfiguration.ServiceConfiguration(
            service: NamedService(name: plan.path, service: service),
            successTerminationBehavior: .gracefullyShutdownGroup, failureTerminationBehavior: .cancelGroup)
        let group = ServiceGroup(configuration: .init(services: [entry], logger: quiet))
        self.group = group
        task = Task {
            do {
                try await group.run()
                return .stopped
            } catch {
                return .failed("\(error)")
            }
        }
        Task { [task, self] in
            let ending = await task.value
            if !isStopping.withLock({ $0 }) { ended(ending) }
        }
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

/// A service under its name.
///
/// The group that runs a service asks for its description, and making one by reflection is slow.
private struct NamedService: Service, CustomStringConvertible {
    let name: String
    let service: any Service

    var description: String { name }

    func run() async throws { try await service.run() }
}
