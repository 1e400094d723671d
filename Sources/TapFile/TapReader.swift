import Taproom

/// The thread that reads the tap of a running application, beside the one that writes it.
///
/// It has a connection of its own and sees what is committed ("Write-Ahead Logging", section 2.2), so that reading never
/// waits for the disk to take a change.
final class TapReader: Sendable {
    private typealias Work = @Sendable (Database) -> Void

    private let queue = WorkQueue<Work>()

    /// Starts the thread; from now on nobody else uses the connection.
    init(_ database: sending Database) throws(SystemCallError) {
        let handed = HandedOver(value: database)
        try startThread { [queue] in
            while let work = queue.take(untilNextHalfSecond: false) {
                for body in work { body(handed.value) }
            }
            try? handed.value.close()
        }
    }

    /// Does something with the connection, on its thread.
    func perform<Result: Sendable>(_ body: @escaping @Sendable (Database) throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            let isQueued = queue.append { database in
                continuation.resume(with: Swift.Result { try body(database) })
            }
            if !isQueued { continuation.resume(throwing: StateError.closed) }
        }
    }

    /// Closes the connection when what waits is done, and returns then.
    func close() async {
        _ = try? await perform { try $0.close() }
        queue.close()
    }
}
