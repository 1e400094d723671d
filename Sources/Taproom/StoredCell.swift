import Synchronization

/// A cell that a service has opened.
public final class StoredCell<Value: Codable & Sendable, Durability: StateDurability>: Sendable {
    private struct Contents {
        /// What readers see: with durability `always` only what is on disk.
        var value: Value
        /// What the running transaction made of it; only the store's thread sets it.
        var uncommitted: Value?
        /// When the first change was made that is not stored yet.
        var changedSince: ContinuousClock.Instant?
    }

    package let address: StateAddress
    private let cell: Cell<Value, Durability>
    private let store: any StateStore
    private let contents: Mutex<Contents>

    init(_ cell: Cell<Value, Durability>, at address: StateAddress, in store: any StateStore) async throws {
        self.address = address
        self.cell = cell
        self.store = store
        let value = try await store.read(address)?.decoded(by: cell) ?? cell.initial
        contents = Mutex(Contents(value: value))
        if let state = self as? any DeferredState { store.attach(state) }
    }

    /// The value now.
    ///
    /// Never waits for a disk; never shows a change that could still be lost to a failing disk.
    public var value: Value { contents.withLock { $0.value } }
}

extension StoredCell where Durability == Always {
    /// Changes the value and returns when the change is on disk.
    ///
    /// Updates of all cells of an application happen one after the other; those that wait together share one write to
    /// the disk. `body` runs on the tap's own thread: it should compute and not wait. When `body` throws, or the disk
    /// does, the value is as before and nothing is stored.
    public func update<Result: Sendable>(_ body: @escaping @Sendable (inout Value) throws -> Result) async throws
        -> Result
    {
        try await withCheckedThrowingContinuation { continuation in
            store.submit(CellUpdate(cell: self, body: body, continuation: continuation))
        }
    }

    fileprivate func change<Result>(
        _ body: (inout Value) throws -> Result
    ) throws -> (result: Result, value: Value, stored: StoredValue) {
        var value = contents.withLock { $0.uncommitted ?? $0.value }
        let result = try body(&value)
        return (result, value, try StoredValue(value, of: cell))
    }

    fileprivate func setUncommitted(_ value: Value) { contents.withLock { $0.uncommitted = value } }

    fileprivate func transactionEnded(committed: Bool) {
        contents.withLock { contents in
            if committed, let value = contents.uncommitted { contents.value = value }
            contents.uncommitted = nil
        }
    }
}

/// One update on its way to the disk.
private final class CellUpdate<Value: Codable & Sendable, Result: Sendable>: StateUpdate {
    private let cell: StoredCell<Value, Always>
    private let body: @Sendable (inout Value) throws -> Result
    private let continuation: CheckedContinuation<Result, any Error>
    private let outcome = Mutex<Swift.Result<Result, any Error>?>(nil)

    init(
        cell: StoredCell<Value, Always>, body: @escaping @Sendable (inout Value) throws -> Result,
        continuation: CheckedContinuation<Result, any Error>
    ) {
        self.cell = cell
        self.body = body
        self.continuation = continuation
    }

    func perform(_ write: (StateAddress, StoredValue) throws -> Void) throws {
        do {
            let (result, value, stored) = try cell.change(body)
            try write(cell.address, stored)
            cell.setUncommitted(value)
            outcome.withLock { $0 = .success(result) }
        } catch let error as any StorageFailure {
            throw error
        } catch {
            // The author's error is the caller's alone: the others of the transaction go on.
            outcome.withLock { $0 = .failure(error) }
        }
    }

    func finish(_ ending: Swift.Result<Void, any Error>) {
        switch ending {
        case .success:
            cell.transactionEnded(committed: true)
            continuation.resume(with: outcome.withLock { $0 } ?? .failure(StateError.closed))
        case .failure(let error):
            cell.transactionEnded(committed: false)
            continuation.resume(throwing: error)
        }
    }
}

/// An error of the disk or the database, which ends the whole transaction.
package protocol StorageFailure: Error {}

extension StoredCell: DeferredState where Durability: DeferredDurability {
    /// Changes the value in memory and returns at once; the change is stored when the cell's durability says.
    public func update<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        try contents.withLock { contents in
            if contents.changedSince == nil { contents.changedSince = .now }
            return try body(&contents.value)
        }
    }

    package var isDueEverySecond: Bool { Durability.self == EverySecond.self }

    package var changedSince: ContinuousClock.Instant? { contents.withLock { $0.changedSince } }

    package func takeChange() throws -> (value: StoredValue, since: ContinuousClock.Instant)? {
        let change = contents.withLock { contents in
            defer { contents.changedSince = nil }
            return contents.changedSince.map { (value: contents.value, since: $0) }
        }
        guard let change else { return nil }
        do {
            return (try StoredValue(change.value, of: cell), change.since)
        } catch {
            changeWasNotStored(since: change.since)
            throw error
        }
    }

    package func changeWasNotStored(since: ContinuousClock.Instant) { contents.withLock { $0.changedSince = since } }
}
