import Synchronization

/// Runs handlers as tasks inside of a service: they know of its graceful shutdown, end with it, and are waited for.
final class HandlerTasks: Sendable {
    private let jobs: AsyncStream<HandlerTask>
    private let entrance: AsyncStream<HandlerTask>.Continuation

    init() { (jobs, entrance) = AsyncStream.makeStream() }

    /// Starts a task, from any thread; answers nil when the service has ended.
    func start(_ body: @escaping @Sendable () async -> Void) -> HandlerTask? {
        let task = HandlerTask(body)
        if case .enqueued = entrance.yield(task) { return task }
        return nil
    }

    /// Runs what is started until ``finish()``, and waits until all of it has ended.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await task in jobs { group.addTask { await task.run() } }
        }
        entrance.finish()
    }

    /// Nothing more is started.
    func finish() { entrance.finish() }
}

/// A handler at work.
final class HandlerTask: Sendable {
    private enum State {
        case waiting
        case running(Task<Void, Never>)
        case over
    }

    private let body: @Sendable () async -> Void
    private let state = Mutex(State.waiting)

    init(_ body: @escaping @Sendable () async -> Void) { self.body = body }

    /// Runs it, unless it was cancelled before.
    func run() async {
        let task = state.withLock { state -> Task<Void, Never>? in
            guard case .waiting = state else { return nil }
            // It inherits what the task around it knows of the service.
            let task = Task { [body] in await body() }
            state = .running(task)
            return task
        }
        await withTaskCancellationHandler {
            await task?.value
        } onCancel: {
            task?.cancel()
        }
        state.withLock { $0 = .over }
    }

    /// Asks it to end, from any thread.
    func cancel() {
        state.withLock { state in
            if case .running(let task) = state { task.cancel() }
            if case .waiting = state { state = .over }
        }
    }
}
