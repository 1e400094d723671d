import Dispatch

/// Does blocking work on a queue of its own, so that Swift's few threads stay free for the services under test.
func offPool<Result: Sendable>(
    _ queue: DispatchQueue, _ body: @escaping @Sendable () throws -> Result
) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        queue.async { continuation.resume(with: Swift.Result { try body() }) }
    }
}
