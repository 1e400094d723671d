import CoreMetrics
import Synchronization
import Taproom

/// Watches the changes that a writer stores: how long they take, and whether the disk takes them.
final class CommitWatch: Sendable {
    private let time = Timer(label: "taproom_commit_seconds")
    private let failures = Counter(label: "taproom_commit_failures_total")
    private let lastFailure = Mutex<String?>(nil)

    /// Why the last change could not be stored, or nil when it was.
    var failure: String? { lastFailure.withLock { $0 } }

    /// Watches a change being stored.
    ///
    /// What `body` throws is a failure of the disk only if it says so: most errors are about what was asked for.
    func watch<Result>(_ body: () throws -> Result) throws -> Result {
        let start = ContinuousClock.now
        do {
            let result = try body()
            time.recordNanoseconds(Int64((ContinuousClock.now - start) / .nanoseconds(1)))
            lastFailure.withLock { $0 = nil }
            return result
        } catch {
            if error is any StorageFailure {
                failures.increment()
                lastFailure.withLock { $0 = "\(error)" }
            }
            throw error
        }
    }
}
