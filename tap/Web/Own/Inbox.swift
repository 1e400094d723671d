import Synchronization

/// What comes from an event loop and waits for a task: pieces of a body, messages.
///
/// It takes whatever comes, and says when so much waits that the client should be read no further.
final class Inbox<Element: Sendable>: Sendable {
    private struct Contents {
        var waiting: [(element: Element, bytes: Int)] = []
        var bytes = 0
        /// How it ends when everything was taken; nil: it goes on.
        var end: Result<Void, any Error>?
        var takers: [(number: Int, continuation: CheckedContinuation<Element?, any Error>)] = []
        var lastTaker = 0
        var isHeld = false
    }

    private let limit: Int
    /// Has the client read on; called on any thread.
    private let resume: @Sendable () -> Void
    private let contents = Mutex(Contents())

    /// An inbox that is full with so many bytes.
    init(limit: Int, resume: @escaping @Sendable () -> Void) { (self.limit, self.resume) = (limit, resume) }

    /// Adds an element; answers whether the client should be read no further, until `resume` is called.
    func add(_ element: Element, bytes: Int) -> Bool {
        let (taker, isHeld): (CheckedContinuation<Element?, any Error>?, Bool) = contents.withLock { contents in
            guard contents.end == nil else { return (nil, contents.isHeld) }
            if !contents.takers.isEmpty { return (contents.takers.removeFirst().continuation, contents.isHeld) }
            contents.waiting.append((element, bytes))
            contents.bytes += bytes
            if contents.bytes >= limit { contents.isHeld = true }
            return (nil, contents.isHeld)
        }
        taker?.resume(returning: element)
        return isHeld
    }

    /// Nothing more comes; what waits can be taken.
    func finish() { end(.success(())) }

    /// Nothing more comes, and what waits is thrown away.
    func fail(_ error: any Error) { end(.failure(error)) }

    private func end(_ end: Result<Void, any Error>) {
        let takers = contents.withLock { contents in
            guard contents.end == nil else { return [CheckedContinuation<Element?, any Error>]() }
            contents.end = end
            if case .failure = end { (contents.waiting, contents.bytes) = ([], 0) }
            defer { contents.takers = [] }
            return contents.takers.map(\.continuation)
        }
        for taker in takers { taker.resume(with: end.map { nil }) }
    }

    /// Takes the next element, and waits for it; nil at the end.
    ///
    /// Throws what it has failed with, and `CancellationError`.
    func next() async throws -> Element? {
        let number = contents.withLock { contents in
            contents.lastTaker += 1
            return contents.lastTaker
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { take(number, $0) }
        } onCancel: {
            let taker = contents.withLock { contents in
                contents.takers.firstIndex { $0.number == number }.map { contents.takers.remove(at: $0).continuation }
            }
            taker?.resume(throwing: CancellationError())
        }
    }

    private func take(_ number: Int, _ continuation: CheckedContinuation<Element?, any Error>) {
        let (result, resumes): (Result<Element?, any Error>?, Bool) = contents.withLock { contents in
            if !contents.waiting.isEmpty {
                let (element, bytes) = contents.waiting.removeFirst()
                contents.bytes -= bytes
                let resumes = contents.isHeld && contents.bytes < limit / 2
                if resumes { contents.isHeld = false }
                return (.success(element), resumes)
            }
            if let end = contents.end { return (end.map { nil }, false) }
            if Task.isCancelled { return (.failure(CancellationError()), false) }
            contents.takers.append((number, continuation))
            return (nil, false)
        }
        if resumes { resume() }
        if let result { continuation.resume(with: result) }
    }
}
