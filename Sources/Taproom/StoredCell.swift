public import Synchronization

/// A cell that a service has opened.
public final class StoredCell<Value: Codable & Sendable, Durability: StateDurability>: Sendable {
    @usableFromInline struct Contents {
        /// What readers see: with durability `always` only what is on disk.
        @usableFromInline var value: Value
        /// What the running transaction made of it; only the store's thread sets it.
        var uncommitted: Value?
        /// When the first change was made that was not taken for storing yet.
        @usableFromInline var changedSince: ContinuousClock.Instant?
        /// When the first of the changes that are being stored was made.
        var takenSince: ContinuousClock.Instant?
    }

    let address: StateAddress
    private let cell: Cell<Value, Durability>
    private let store: any StateStore
    // Seen from outside, so that what changes a value again and again is compiled for its type.
    @usableFromInline let contents: Mutex<Contents>

    init(_ cell: Cell<Value, Durability>, service: Int64, in store: any StateStore) async throws {
        address = StateAddress(service: service, cell: cell.name)
        self.cell = cell
        self.store = store
        let value = try await store.read(address)?.decoded(by: cell.migration, of: cell.name) ?? cell.initial
        contents = Mutex(Contents(value: value))
        if let state = self as? any DeferredState { store.attach(state) }
    }

    /// The value now.
    ///
    /// Never waits for a disk; never shows a change that could still be lost to a failing disk.
    public var value: Value { contents.withLock { $0.value } }

    func stored(_ value: Value) throws -> StoredValue { try StoredValue(value, version: cell.version) }
}

extension StoredCell: TransactionalState where Durability == Always {
    /// Changes the value and returns when the change is on disk.
    ///
    /// Updates of all cells and tables of an application happen one after the other; those that wait together share one
    /// write to the disk. `body` runs on the tap's own thread: it should compute and not wait. When `body` throws, or the
    /// disk does, the value is as before and nothing is stored.
    public func update<Result: Sendable>(
        _ body: @escaping @Sendable (inout Value) throws -> Result
    ) async throws -> Result {
        try await store.transaction { try $0.update(self, body) }
    }

    /// The value as the transactions before have left it; only for the store's thread.
    var latest: Value { contents.withLock { $0.uncommitted ?? $0.value } }

    func setUncommitted(_ value: Value) { contents.withLock { $0.uncommitted = value } }

    package func transactionEnded(committed: Bool) {
        contents.withLock { contents in
            if committed, let value = contents.uncommitted { contents.value = value }
            contents.uncommitted = nil
        }
    }
}

extension StoredCell: DeferredState where Durability: DeferredDurability {
    /// Changes the value in memory and returns at once; the change is stored when the cell's durability says.
    @inlinable public func update<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        var isFirst = false
        defer { if isFirst { noteChanged() } }
        return try contents.withLock { contents in
            if contents.changedSince == nil {
                contents.changedSince = .now
                isFirst = true
            }
            return try body(&contents.value)
        }
    }

    @usableFromInline func noteChanged() { store.noteChanged(self) }

    package var service: Int64 { address.service }

    package var isTimed: Bool { Durability.self == EverySecond.self }

    package var isDue: Bool { isTimed && contents.withLock { $0.changedSince != nil } }

    package var changedSince: ContinuousClock.Instant? { contents.withLock { $0.takenSince ?? $0.changedSince } }

    package func takeChanges() throws -> [(address: StateAddress, value: StoredValue?)] {
        let value = contents.withLock { contents -> Value? in
            guard let since = contents.changedSince else { return nil }
            contents.changedSince = nil
            contents.takenSince = since
            return contents.value
        }
        guard let value else { return [] }
        do {
            return [(address, try stored(value))]
        } catch {
            takenChangesAre(stored: false)
            throw error
        }
    }

    package func takenChangesAre(stored: Bool) {
        contents.withLock { contents in
            if !stored { contents.changedSince = contents.takenSince ?? contents.changedSince }
            contents.takenSince = nil
        }
    }
}
