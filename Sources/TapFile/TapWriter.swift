import Synchronization
package import Taproom

/// The thread that has the tap of a running application.
///
/// Everything that changes it happens there, in order. Updates that wait together are stored in one transaction, so that
/// many writers share one write to the disk. Reading rows is done beside it by a ``TapReader``, when the tap has one.
package final class TapWriter: StateStore, Sendable {
    fileprivate enum Work {
        case update(any StateUpdate)
        case other(@Sendable (Tap) -> Void)
    }

    private let queue = WorkQueue<Work>()
    private let deferred = Mutex(DeferredStates())
    private let opened = Mutex(OpenedStates())
    private let failed: @Sendable (any Error) -> Void
    private let reader: TapReader?
    private let watch = CommitWatch()

    /// Starts the thread.
    ///
    /// From now on nobody else uses the tap. `failed` is told, on the thread, when updates could not be stored.
    package init(
        _ tap: sending Tap, failed: @escaping @Sendable (any Error) -> Void = { _ in }
    ) throws(SystemCallError) {
        self.failed = failed
        reader = if let connection = tap.takeReadingConnection() { try TapReader(connection.value) } else { nil }
        let handed = HandedOver(value: tap)
        try startThread { [self] in run(handed.value) }
    }

    package func read(_ address: StateAddress) async throws -> StoredValue? {
        guard let reader else { return try await perform { try $0.stateValue(address) } }
        return try await reader.perform { try $0.stateValue(address) }
    }

    package func rows(
        of cell: String, service: Int64, in range: StateRange, descending: Bool, limit: Int
    ) async throws -> [StoredRow] {
        let read = { @Sendable (database: Database) in
            try database.stateRows(of: cell, service: service, in: range, descending: descending, limit: limit)
        }
        guard let reader else { return try await perform { try read($0.database) } }
        return try await reader.perform(read)
    }

    package func count(of cell: String, service: Int64, in range: StateRange) async throws -> Int {
        let read = { @Sendable (database: Database) in try database.stateCount(of: cell, service: service, in: range) }
        guard let reader else { return try await perform { try read($0.database) } }
        return try await reader.perform(read)
    }

    package func submit(_ update: any StateUpdate) {
        if !queue.append(.update(update)) { update.finish(.failure(StateError.closed)) }
    }

    package func attach(_ state: any DeferredState) {
        deferred.withLock { $0.add(state) }
        // Wakes the thread, so that it begins to count seconds for this one.
        if state.isTimed { _ = queue.append(.other { _ in }) }
    }

    package func opened(at address: StateAddress) -> (any AnyObject & Sendable)? {
        opened.withLock { $0.states[address.service]?[address.cell] }
    }

    package func keepOpened(_ state: any AnyObject & Sendable, at address: StateAddress) {
        opened.withLock { $0.states[address.service, default: [:]][address.cell] = state }
    }

    /// Says that one more is about to remember what a service does; ``release(service:)`` or ``discard(service:)`` follows.
    package func claim(service: Int64) { opened.withLock { $0.users[service, default: 0] += 1 } }

    package func noteChanged(_ state: any DeferredState) { deferred.withLock { $0.noteChanged(state) } }

    package func wake() { _ = queue.append(.other { [self] tap in storeDue(tap) }) }

    /// Does something with the tap, on its thread, alone.
    package func perform<Result: Sendable>(_ body: @escaping @Sendable (Tap) throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            let work = Work.other { tap in continuation.resume(with: Swift.Result { try body(tap) }) }
            if !queue.append(work) { continuation.resume(throwing: StateError.closed) }
        }
    }

    /// Stores all deferred changes and what `body` does, in one transaction.
    package func commit<Result: Sendable>(_ body: @escaping @Sendable (Tap) throws -> Result) async throws -> Result {
        try await perform { [self] tap in
            try store(deferred.withLock { $0.takeChanged() }, in: tap) { try body(tap) }
        }
    }

    /// Stores what is deferred, closes the tap and ends the thread.
    ///
    /// Whatever is submitted later fails.
    package func close() async throws {
        defer { queue.close() }
        await reader?.close()
        try await perform { [self] tap in
            defer { queue.close() }
            try store(deferred.withLock(\.all), in: tap) {}
            try tap.checkpoint()
            try tap.close()
        }
    }

    /// For how many seconds there have been changes that a crash would lose; 0: none would be lost.
    package var lossWindow: Double { lossWindow { _ in true } }

    private func lossWindow(where isMeant: (any DeferredState) -> Bool) -> Double {
        let oldest = deferred.withLock(\.all).filter(isMeant).compactMap(\.changedSince).min()
        return oldest.map { (ContinuousClock.now - $0) / .seconds(1) } ?? 0
    }

    /// How it is doing, from any thread and without waiting for its own.
    package var condition: WriterCondition {
        var condition = WriterCondition()
        condition.waiting = queue.count
        condition.promisedLossWindow = lossWindow(where: \.isTimed)
        condition.snapshotLossWindow = lossWindow { !$0.isTimed }
        condition.failure = watch.failure
        return condition
    }

    /// How it is doing, when its thread has come to this question.
    package func answeredCondition() async -> WriterCondition {
        try? await perform { _ in }
        return condition
    }

    /// Stores what the cells of a service that has stopped still hold, and forgets them unless another goes on with them.
    package func release(service: Int64) async throws {
        try await perform { [self] tap in
            let states = deferred.withLock { $0.states(of: service) }
            if states.contains(where: { $0.changedSince != nil }) { try store(states, in: tap) {} }
        }
        discard(service: service)
    }

    /// Forgets the cells of a service that has stopped, unless another goes on with them: what they hold is not stored.
    package func discard(service: Int64) {
        // Whoever claims them meanwhile finds them, or opens them anew.
        opened.withLock { opened in
            let others = opened.users[service, default: 1] - 1
            opened.users[service] = others > 0 ? others : nil
            guard others <= 0 else { return }
            opened.states[service] = nil
            deferred.withLock { $0.remove(service: service) }
        }
    }

    /// Stores no more of what the cells of a service hold, also while it runs.
    package func forget(service: Int64) { deferred.withLock { $0.remove(service: service) } }

    private func run(_ tap: Tap) {
        var nextLook = ContinuousClock.now
        while let work = queue.take(untilNextHalfSecond: hasTimed) {
            var updates: [any StateUpdate] = []
            for item in work {
                switch item {
                case .update(let update): updates.append(update)
                case .other(let body):
                    store(&updates, in: tap)
                    body(tap)
                }
            }
            let crowd = store(&updates, in: tap)
            // Twice in the second that is promised, so that a slow disk has the other half.
            if ContinuousClock.now >= nextLook {
                storeDue(tap)
                nextLook = .now + .milliseconds(500)
            }
            if let crowd, crowd.size > 1 { queue.gather(crowd.size, for: crowd.patience) }
        }
    }

    /// Stores updates in one transaction; answers who may come together the next time, when there were any.
    @discardableResult
    private func store(_ updates: inout [any StateUpdate], in tap: Tap) -> Crowd? {
        guard !updates.isEmpty else { return nil }
        let waiting = updates
        updates = []
        let start = ContinuousClock.now
        let outcome = Result {
            try watch.watch {
                try tap.commit {
                    let batch = WriterBatch(tap)
                    for update in waiting { try update.perform(batch) }
                    try batch.store()
                }
            }
        }
        if case .failure(let error) = outcome { failed(error) }
        let crowd = Crowd(size: waiting.count + queue.count, commit: .now - start)
        for update in waiting { update.finish(outcome) }
        return crowd
    }

    private var hasTimed: Bool { deferred.withLock(\.hasTimed) }

    private func storeDue(_ tap: Tap) {
        // A failure is tried again the next time; the values stay in memory until then.
        let due = deferred.withLock { $0.takeChanged(where: \.isDue) }
        guard !due.isEmpty else { return }
        do { try store(due, in: tap) {} } catch { failed(error) }
    }

    /// Stores what has changed in some states and what `body` does, in one transaction.
    private func store<Result>(
        _ states: [any DeferredState], in tap: Tap, and body: () throws -> Result
    ) throws -> Result {
        var taken: [any DeferredState] = []
        do {
            let result = try watch.watch {
                try tap.commit {
                    for state in states {
                        let changes = try state.takeChanges()
                        guard !changes.isEmpty else { continue }
                        taken.append(state)
                        for change in changes { try tap.setState(change.address, change.value) }
                    }
                    return try body()
                }
            }
            for state in taken { state.takenChangesAre(stored: true) }
            return result
        } catch {
            for state in taken { state.takenChangesAre(stored: false) }
            deferred.withLock { deferred in for state in states { deferred.noteChanged(state) } }
            throw error
        }
    }
}

/// What services have open, by service and name, and how many remember the same: where one takes the place of another both
/// do for a while.
private struct OpenedStates {
    var states: [Int64: [String: any AnyObject & Sendable]] = [:]
    var users: [Int64: Int] = [:]
}

/// The writers that were there when a commit ended: those it was for, and those that had come meanwhile.
///
/// Waiting a moment until all are back makes one commit of two: with 64 writers and a disk that takes 1 ms that brought a
/// fifth more updates, with 8 a sixth.
private struct Crowd {
    let size: Int
    let commit: Duration

    /// For how long they are waited for: a part of what a commit costs.
    var patience: Duration { min(commit / 4, .milliseconds(1)) }
}

/// One transaction of the writer: what is written several times in it goes to the disk once.
private final class WriterBatch: StateBatch {
    private let tap: Tap
    private var staged: [StateAddress: StoredValue?] = [:]

    init(_ tap: Tap) { self.tap = tap }

    func read(_ address: StateAddress) throws -> StoredValue? {
        if let value = staged[address] { return value }
        return try tap.stateValue(address)
    }

    func write(_ address: StateAddress, _ value: StoredValue?) { staged[address] = .some(value) }

    func store() throws { for (address, value) in staged { try tap.setState(address, value) } }
}
