import Synchronization

/// Asks something that may never answer.
///
/// What takes longer than the limit is left alone: it goes on, and its answer is not waited for.
///
/// - Parameters:
///   - limit: how long the answer is waited for.
///   - body: what is asked.
/// - Returns: the answer, or nil when it did not come in time.
package func answer<Answer: Sendable>(
    within limit: Duration, of body: @escaping @Sendable () async -> Answer
) async -> Answer? {
    let first = FirstAnswer<Answer>()
    return await withCheckedContinuation { continuation in
        first.wait(continuation)
        let timer = Task {
            try? await Task.sleep(for: limit)
            first.give(nil)
        }
        Task {
            first.give(await body())
            timer.cancel()
        }
    }
}

/// Resumes a continuation with whichever answer comes first.
private final class FirstAnswer<Answer: Sendable>: Sendable {
    private let continuation = Mutex<CheckedContinuation<Answer?, Never>?>(nil)

    func wait(_ continuation: CheckedContinuation<Answer?, Never>) {
        self.continuation.withLock { $0 = continuation }
    }

    func give(_ answer: Answer?) {
        let waiting = continuation.withLock { continuation in
            defer { continuation = nil }
            return continuation
        }
        waiting?.resume(returning: answer)
    }
}
