import Dispatch
import Synchronization

extension Array where Element: Sendable {
    /// How many threads do something: more would wait for the disk, or need memory each.
    private static var threads: Int { 4 }

    /// What `body` makes of each element, in their order; several threads make it.
    ///
    /// Throws the error that a loop would have thrown. Some elements behind that one may have been given to `body` too.
    func concurrentMap<Result: Sendable>(_ body: @Sendable (Element) throws -> Result) throws -> [Result] {
        let state = Mutex(ConcurrentMap<Result>(count: count))
        DispatchQueue.concurrentPerform(iterations: Swift.min(count, Self.threads)) { _ in
            while let index = state.withLock({ $0.next() }) {
                let result = Swift.Result { try body(self[index]) }
                state.withLock { $0.end(index, result) }
            }
        }
        return try state.withLock { $0.results }.compactMap { try $0?.get() }
    }
}

/// How far the threads are.
private struct ConcurrentMap<Value> {
    private(set) var results: [Result<Value, any Error>?]
    private var begun = 0
    private var hasFailed = false

    init(count: Int) { results = Array(repeating: nil, count: count) }

    /// The next element; none when one before it failed.
    mutating func next() -> Int? {
        guard begun < results.count, !hasFailed else { return nil }
        begun += 1
        return begun - 1
    }

    mutating func end(_ index: Int, _ result: Result<Value, any Error>) {
        if case .failure = result { hasFailed = true }
        results[index] = result
    }
}
