import Dispatch
import Synchronization

/// Work on several cores.
enum Parallel {
    /// Does numbered pieces of work, some of them at once, and puts together what they found.
    ///
    /// Throws the first error that one of them throws; no further ones are begun then.
    static func run(_ count: Int, jobs: Int, _ body: @Sendable (Int) throws -> Findings) throws -> Findings {
        let next = Atomic(0)
        let outcome = Mutex<(findings: Findings, error: (any Error)?)>((Findings(), nil))
        DispatchQueue.concurrentPerform(iterations: jobs) { _ in
            while case let index = next.wrappingAdd(1, ordering: .relaxed).oldValue, index < count {
                do {
                    let findings = try body(index)
                    outcome.withLock { $0.findings.add(findings) }
                } catch {
                    outcome.withLock { $0.error = $0.error ?? error }
                    return
                }
            }
        }
        return try outcome.withLock { outcome in
            if let error = outcome.error { throw error }
            return outcome.findings
        }
    }
}
