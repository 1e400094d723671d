import Dispatch
import Synchronization
import Taproom

/// Runs asynchronous work from the synchronous main thread.
package enum Blocking {
    /// Waits in this thread until the work is done elsewhere.
    package static func run<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) throws -> Result {
        let done = DispatchSemaphore(value: 0)
        let result = Mutex<Swift.Result<Result, any Error>>(.failure(StateError.closed))
        Task {
            let outcome: Swift.Result<Result, any Error>
            do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
            result.withLock { $0 = outcome }
            done.signal()
        }
        done.wait()
        return try result.withLock { $0 }.get()
    }
}
