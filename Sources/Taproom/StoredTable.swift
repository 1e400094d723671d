import Synchronization

/// A table that a service has opened.
///
/// Rows are read when they are asked for; those that were used last are kept in memory.
public final class StoredTable<Key: TableKey, Value: Codable & Sendable, Durability: StateDurability>: Sendable {
    /// How many changed rows wait in memory, at most, until they are stored ahead of time.
    private static var maximumPending: Int { 4096 }

    private struct Contents {
        var cache: RowCache<Key, Value>
        /// Counts changes, so that a row read before one is not kept after it.
        var generation = 0
        /// What the running transaction made of rows; only the store's thread sets it.
        var uncommitted: [Key: Value?] = [:]
        /// Deferred changes that wait to be stored.
        var pending: [Key: Value?] = [:]
        /// Deferred changes that are just being stored.
        var taken: [Key: Value?] = [:]
        var changedSince: ContinuousClock.Instant?
        var takenSince: ContinuousClock.Instant?

        mutating func known(_ key: Key) -> Value?? { pending[key] ?? taken[key] ?? cache.value(for: key) }

        /// Answers whether it is the first change since the others were taken.
        mutating func setPending(_ value: Value?, for key: Key) -> Bool {
            pending[key] = .some(value)
            guard changedSince == nil else { return false }
            changedSince = .now
            return true
        }
    }

    package let service: Int64
    private let table: Table<Key, Value, Durability>
    private let store: any StateStore
    private let contents: Mutex<Contents>

    init(_ table: Table<Key, Value, Durability>, service: Int64, in store: any StateStore) {
        self.service = service
        self.table = table
        self.store = store
        contents = Mutex(Contents(cache: RowCache(capacity: table.cachedRows)))
        if let state = self as? any DeferredState { store.attach(state) }
    }

    func address(_ key: Key) -> StateAddress { StateAddress(service: service, cell: table.name, key: key.stateKey) }

    func stored(_ value: Value) throws -> StoredValue { try StoredValue(value, version: table.version) }

    /// The value of a row, or nil when there is none.
    ///
    /// Waits for no change that is being stored; never shows one that could still be lost to a failing disk. Throws when the
    /// disk can't be read, or the value not as the table's type.
    public func value(for key: Key) async throws -> Value? {
        let (known, generation) = contents.withLock { ($0.known(key), $0.generation) }
        if let known { return known }
        let value = try await store.read(address(key)).map(decoded)
        contents.withLock { contents in
            if contents.generation == generation { contents.cache.set(value, for: key) }
        }
        return value
    }

    /// All rows in the order of their keys.
    public func rows(descending: Bool = false) -> TableRows<Key, Value> { rows(StateRange(), descending) }

    /// The rows of a range in the order of their keys: `rows(in: "a"..<"b")`.
    public func rows(in range: some KeyRange<Key>, descending: Bool = false) -> TableRows<Key, Value> {
        rows(range.ends.range, descending)
    }

    private func rows(_ range: StateRange, _ descending: Bool) -> TableRows<Key, Value> {
        TableRows { [self] after, limit in
            var range = range
            if let after, descending { (range.upper, range.includesUpper) = (after, false) }
            if let after, !descending { (range.lower, range.includesLower) = (after, false) }
            let page = try await store.rows(
                of: table.name, service: service, in: range, descending: descending, limit: limit)
            return try merged(page, in: range, descending, isLast: page.count < limit)
        }
    }

    /// A page of stored rows with the changes that wait in memory, and the key behind which the next page begins.
    private func merged(
        _ page: [StoredRow], in range: StateRange, _ descending: Bool, isLast: Bool
    ) throws -> (rows: [(key: Key, value: Value)], last: StateKey?) {
        var covered = range
        if !isLast, let last = page.last?.key {
            if descending { (covered.lower, covered.includesLower) = (last, true) }
            if !descending { (covered.upper, covered.includesUpper) = (last, true) }
        }
        let waiting = contents.withLock { $0.taken.merging($0.pending) { _, newer in newer } }
            .map { (key: $0, stored: $0.stateKey, value: $1) }.filter { covered.contains($0.stored) }
        let last = isLast ? nil : page.last?.key
        guard !waiting.isEmpty else { return (try page.map(row), last) }
        let replaced = Set(waiting.map(\.stored))
        var rows = try page.filter { !replaced.contains($0.key) }.map { ($0.key, try row($0)) }
        for change in waiting { if let value = change.value { rows.append((change.stored, (change.key, value))) } }
        rows.sort { descending ? $1.0 < $0.0 : $0.0 < $1.0 }
        return (rows.map(\.1), last)
    }

    private func row(_ row: StoredRow) throws -> (key: Key, value: Value) {
        guard let key = Key(stored: TableKeyForm(row.key)) else {
            throw StateError.unreadable(
                cell: table.name, problem: "the key \(row.key.text) is none of the type \(Key.self)")
        }
        return (key, try decoded(row.value))
    }

    private func decoded(_ value: StoredValue) throws -> Value {
        try value.decoded(by: table.migration, of: table.name)
    }
}

extension StoredTable: TransactionalState where Durability == Always {
    /// Changes a row and returns when the change is on disk.
    ///
    /// Nil before means that there is no row, nil afterwards removes it. `body` runs on the tap's own thread: it should
    /// compute and not wait. When `body` throws, or the disk does, the row is as before and nothing is stored.
    public func update<Result: Sendable>(
        _ key: Key, _ body: @escaping @Sendable (inout Value?) throws -> Result
    ) async throws -> Result {
        try await store.transaction { try $0.update(key, in: self, body) }
    }

    /// Sets a row, or removes it with nil, and returns when the change is on disk.
    public func set(_ value: Value?, for key: Key) async throws {
        try await store.transaction { $0.set(value, for: key, in: self) }
    }

    /// How many rows there are.
    ///
    /// The time grows with their number.
    public func count() async throws -> Int {
        try await store.count(of: table.name, service: service, in: StateRange())
    }

    /// How many rows a range has.
    ///
    /// The time grows with their number.
    public func count(in range: some KeyRange<Key>) async throws -> Int {
        try await store.count(of: table.name, service: service, in: range.ends.range)
    }

    /// The value as the transactions before have left it; only for the store's thread.
    func latest(_ key: Key, _ batch: any StateBatch) throws -> Value? {
        if let known = contents.withLock({ $0.uncommitted[key] ?? $0.cache.value(for: key) }) { return known }
        return try batch.read(address(key)).map(decoded)
    }

    func setUncommitted(_ value: Value?, for key: Key) { contents.withLock { $0.uncommitted[key] = .some(value) } }

    package func transactionEnded(committed: Bool) {
        contents.withLock { contents in
            guard !contents.uncommitted.isEmpty else { return }
            if committed { for (key, value) in contents.uncommitted { contents.cache.set(value, for: key) } }
            contents.generation += 1
            contents.uncommitted = [:]
        }
    }
}

extension StoredTable: DeferredState where Durability: DeferredDurability {
    /// Sets a row in memory, or removes it with nil, and returns at once; the change is stored when the table's durability
    /// says, or earlier when very many wait.
    public func set(_ value: Value?, for key: Key) {
        let (isFirst, isFull) = contents.withLock { contents in
            (contents.setPending(value, for: key), contents.pending.count == StoredTable.maximumPending)
        }
        if isFirst { store.noteChanged(self) }
        if isFull { store.wake() }
    }

    /// Changes a row in memory: nil before means that there is no row, nil afterwards removes it.
    ///
    /// Waits only for the reading of a row that is not in memory. Throws when it can't be read, and what `body` throws.
    public func update<Result: Sendable>(
        _ key: Key, _ body: @Sendable (inout Value?) throws -> Result
    ) async throws -> Result {
        let read = try await value(for: key)
        let (result, isFirst, isFull) = try contents.withLock { contents in
            // Whatever happened to the row while it was read is what counts.
            var value = contents.known(key) ?? read
            let result = try body(&value)
            let isFirst = contents.setPending(value, for: key)
            return (result, isFirst, contents.pending.count == StoredTable.maximumPending)
        }
        if isFirst { store.noteChanged(self) }
        if isFull { store.wake() }
        return result
    }

    package var isTimed: Bool { Durability.self == EverySecond.self }

    package var isDue: Bool {
        contents.withLock { isTimed && $0.changedSince != nil || $0.pending.count >= StoredTable.maximumPending }
    }

    package var changedSince: ContinuousClock.Instant? { contents.withLock { $0.takenSince ?? $0.changedSince } }

    package func takeChanges() throws -> [(address: StateAddress, value: StoredValue?)] {
        let changes = contents.withLock { contents in
            contents.taken = contents.pending
            contents.pending = [:]
            contents.takenSince = contents.changedSince
            contents.changedSince = nil
            return contents.taken
        }
        do {
            return try changes.map { key, value in (address(key), try value.map(stored)) }
        } catch {
            takenChangesAre(stored: false)
            throw error
        }
    }

    package func takenChangesAre(stored: Bool) {
        contents.withLock { contents in
            if stored {
                for (key, value) in contents.taken { contents.cache.set(value, for: key) }
                contents.generation += 1
            } else {
                contents.pending.merge(contents.taken) { newer, _ in newer }
                contents.changedSince = contents.takenSince ?? contents.changedSince
            }
            contents.taken = [:]
            contents.takenSince = nil
        }
    }
}
