import Glibc
import Synchronization
package import Taproom

/// The thread that has the tap of a running application.
///
/// Everything that reads or changes it happens there, in order.
///
/// Updates of cells that wait together are stored in one transaction, so that many writers share one write to the disk.
package final class TapWriter: StateStore, Sendable {
    fileprivate enum Work {
        case update(any StateUpdate)
        case other(@Sendable (Tap) -> Void)
    }

    private let queue = WorkQueue<Work>()
    private let deferred = Mutex<[any DeferredState]>([])
    private let failed: @Sendable (any Error) -> Void

    /// Starts the thread.
    ///
    /// From now on nobody else uses the tap. `failed` is told, on the thread, when updates could not be stored.
    package init(
        _ tap: sending Tap, failed: @escaping @Sendable (any Error) -> Void = { _ in }
    ) throws(SystemCallError) {
        self.failed = failed
        let start = Unmanaged.passRetained(WriterStart(writer: self, tap: tap))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let start = Unmanaged<WriterStart>.fromOpaque(argument).takeRetainedValue()
                start.writer.run(start.tap)
                return nil
            }, start.toOpaque())
        guard code == 0 else {
            start.release()
            throw SystemCallError("start a thread", code: code)
        }
        // It ends by itself after `close()`; nobody waits for it.
        pthread_detach(thread)
    }

    package func read(_ address: StateAddress) async throws -> StoredValue? {
        try await perform { try $0.stateValue(address) }
    }

    package func submit(_ update: any StateUpdate) {
        if !queue.append(.update(update)) { update.finish(.failure(StateError.closed)) }
    }

    package func attach(_ state: any DeferredState) {
        deferred.withLock { $0.append(state) }
        // Wakes the thread, so that it begins to count seconds for this one.
        _ = queue.append(.other { _ in })
    }

    /// Does something with the tap, on its thread, alone.
    package func perform<Result: Sendable>(_ body: @escaping @Sendable (Tap) throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            let work = Work.other { tap in continuation.resume(with: Swift.Result { try body(tap) }) }
            if !queue.append(work) { continuation.resume(throwing: StateError.closed) }
        }
    }

    /// Stores all changes of deferred cells and what `body` does, in one transaction.
    package func commit<Result: Sendable>(_ body: @escaping @Sendable (Tap) throws -> Result) async throws -> Result {
        try await perform { [self] tap in try storeDeferred(tap, where: { _ in true }, and: { try body(tap) }) }
    }

    /// Stores what is deferred, closes the tap and ends the thread.
    ///
    /// Whatever is submitted later fails.
    package func close() async throws {
        defer { queue.close() }
        try await perform { [self] tap in
            defer { queue.close() }
            try storeDeferred(tap, where: { _ in true }, and: {})
            try tap.checkpoint()
            try tap.close()
        }
    }

    /// For how many seconds there have been changes that a crash would lose; 0: none would be lost.
    package var lossWindow: Double {
        let oldest = deferred.withLock { $0.compactMap(\.changedSince).min() }
        return oldest.map { (ContinuousClock.now - $0) / .seconds(1) } ?? 0
    }

    /// Stores what the cells of a service that has stopped still hold, and forgets them.
    package func release(service: Int64) async throws {
        try await commit { _ in }
        deferred.withLock { $0.removeAll { $0.address.service == service } }
    }

    /// Forgets the cells of a service that has stopped: what they hold is not stored any more.
    package func discard(service: Int64) {
        deferred.withLock { $0.removeAll { $0.address.service == service } }
    }

    fileprivate func run(_ tap: Tap) {
        var nextSecond = ContinuousClock.now + .seconds(1)
        while let work = queue.take(untilNextSecond: hasEverySecond) {
            var updates: [any StateUpdate] = []
            for item in work {
                switch item {
                case .update(let update): updates.append(update)
                case .other(let body):
                    store(&updates, in: tap)
                    body(tap)
                }
            }
            store(&updates, in: tap)
            if ContinuousClock.now >= nextSecond {
                storeEverySecond(tap)
                nextSecond = .now + .seconds(1)
            }
        }
    }

    private func store(_ updates: inout [any StateUpdate], in tap: Tap) {
        guard !updates.isEmpty else { return }
        let batch = updates
        updates = []
        let outcome = Result {
            try tap.commit { for update in batch { try update.perform(tap.setState) } }
        }
        if case .failure(let error) = outcome { failed(error) }
        for update in batch { update.finish(outcome) }
    }

    private var hasEverySecond: Bool { deferred.withLock { $0.contains(where: \.isDueEverySecond) } }

    private func storeEverySecond(_ tap: Tap) {
        // A failure is tried again in the next second; the values stay in memory until then.
        do { try storeDeferred(tap, where: \.isDueEverySecond, and: {}) } catch { failed(error) }
    }

    private func storeDeferred<Result>(
        _ tap: Tap, where isDue: (any DeferredState) -> Bool, and body: () throws -> Result
    ) throws -> Result {
        var taken: [(state: any DeferredState, value: StoredValue, since: ContinuousClock.Instant)] = []
        do {
            for state in deferred.withLock({ $0 }).filter(isDue) {
                if let change = try state.takeChange() { taken.append((state, change.value, change.since)) }
            }
            return try tap.commit {
                for change in taken { try tap.setState(change.state.address, change.value) }
                return try body()
            }
        } catch {
            for change in taken { change.state.changeWasNotStored(since: change.since) }
            throw error
        }
    }
}

private final class WriterStart {
    let writer: TapWriter
    let tap: Tap

    init(writer: TapWriter, tap: Tap) {
        self.writer = writer
        self.tap = tap
    }
}
