import Synchronization

/// What one client that follows the events of an application has not yet been sent.
///
/// A client that leaves too much of it is told so, and gets no more: it comes again and says what it knows.
package final class EventQueue: Sendable {
    /// How many events may wait.
    static let capacity = 1000

    private let continuation: AsyncStream<String>.Continuation
    /// What goes on until the client is gone.
    private let works = Mutex<[Task<Void, Never>]?>([])

    private init(_ continuation: AsyncStream<String>.Continuation) { self.continuation = continuation }

    /// A queue and what the client reads; when that ends, so do the heartbeats.
    ///
    /// - Parameter interval: how often something is sent at least.
    /// - Returns: both.
    static func make(heartbeatEvery interval: Duration) -> (queue: EventQueue, stream: AsyncStream<String>) {
        // One place more than events can take: for the word that some are lost.
        let (stream, continuation) = AsyncStream.makeStream(
            of: String.self, bufferingPolicy: .bufferingOldest(capacity + 1))
        let queue = EventQueue(continuation)
        continuation.onTermination = { [weak queue] _ in queue?.end() }
        queue.add(
            Task { [weak queue] in
                while (try? await Task.sleep(for: interval)) != nil { queue?.send(EventText.heartbeat) }
            })
        return (queue, stream)
    }

    /// Sends a text as soon as the client takes it.
    func send(_ text: String) {
        guard !text.isEmpty else { return }
        guard case .enqueued(let rest) = continuation.yield(text), rest <= 1 else { return }
        continuation.yield(EventText.lost)
        continuation.finish()
    }

    /// Sends what comes from elsewhere too, for as long as the client is there.
    func send(_ texts: AsyncStream<String>) {
        add(Task { [weak self] in for await text in texts { self?.send(text) } })
    }

    /// Whether nobody reads any more.
    package var isOver: Bool { works.withLock { $0 == nil } }

    private func add(_ task: Task<Void, Never>) {
        let isOver = works.withLock { works in
            works?.append(task)
            return works == nil
        }
        if isOver { task.cancel() }
    }

    private func end() {
        let tasks = works.withLock { works in
            defer { works = nil }
            return works ?? []
        }
        for task in tasks { task.cancel() }
    }
}
