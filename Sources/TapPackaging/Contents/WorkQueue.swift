import Dispatch
import Synchronization

/// Work for several threads, each piece of which has a result.
final class WorkQueue<Work: Sendable, Value: Sendable>: Sendable {
    /// How many threads work: more would wait for the disk, or need memory each.
    private static var threads: Int { 4 }

    private let work: [Work]
    private let state: Mutex<State>

    private struct State {
        var results: [Result<Value, any Error>?]
        var begun = 0
        var hasFailed = false
    }

    private init(_ work: [Work]) {
        self.work = work
        state = Mutex(State(results: Array(repeating: nil, count: work.count)))
    }

    /// The results of work in its order; `body` is called by each thread, and takes from the queue until nothing is left.
    ///
    /// Throws the error that a loop would have thrown. Some work behind it may have been done too.
    static func results(of work: [Work], _ body: @Sendable (WorkQueue) -> Void) throws -> [Value] {
        let queue = WorkQueue(work)
        DispatchQueue.concurrentPerform(iterations: min(work.count, threads)) { _ in body(queue) }
        return try queue.state.withLock { $0.results }.compactMap { try $0?.get() }
    }

    /// The next piece of work, with its place in the order; none when something failed.
    func next() -> (place: Int, work: Work)? {
        state.withLock { state in
            guard state.begun < work.count, !state.hasFailed else { return nil }
            defer { state.begun += 1 }
            return (state.begun, work[state.begun])
        }
    }

    /// Takes the result of the work at a place.
    func end(_ place: Int, _ result: Result<Value, any Error>) {
        state.withLock { state in
            if case .failure = result { state.hasFailed = true }
            state.results[place] = result
        }
    }
}
