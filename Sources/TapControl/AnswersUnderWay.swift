import Synchronization

/// Counts the requests that are being answered, and knows the answers that have no end of their own.
final class AnswersUnderWay: Sendable {
    private struct State {
        var count = 0
        var isClosing = false
        var streams: [Int: Task<String, any Error>] = [:]
        var nextStream = 0
    }

    private let state = Mutex(State())

    func begin() { state.withLock { $0.count += 1 } }
    func end(_ number: Int) { state.withLock { $0.count -= number } }

    /// Waits for a task that sends a stream, which ``endStreams()`` cancels.
    ///
    /// Answers what the task answers and throws what it throws.
    func wait(forStream task: Task<String, any Error>) async throws -> String {
        let number = state.withLock { state -> Int? in
            guard !state.isClosing else { return nil }
            state.nextStream += 1
            state.streams[state.nextStream] = task
            return state.nextStream
        }
        guard let number else {
            task.cancel()
            return try await task.value
        }
        defer { state.withLock { _ = $0.streams.removeValue(forKey: number) } }
        return try await task.value
    }

    /// Ends the streams, also those that are still to begin.
    func endStreams() {
        let streams = state.withLock { state in
            state.isClosing = true
            return state.streams.values.map { $0 }
        }
        for stream in streams { stream.cancel() }
    }

    /// Returns when no request is being answered, or after a time.
    func wait(atMost limit: Duration) async {
        let deadline = ContinuousClock.now + limit
        while state.withLock({ $0.count > 0 }), ContinuousClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(1))
        }
    }
}
