import Logging
import Synchronization
public import Taproom

/// What a service remembers in a test: like a tap, but in memory.
public final class TestState: Sendable {
    static let identity: Int64 = 1
    let store = MemoryStore()

    /// A service's state before its first start.
    public init() {}

    /// The value of a cell as it was last stored, or its initial value.
    ///
    /// Cells of the durability `snapshot` and `everySecond` are stored when the service has stopped, and by ``save()``.
    public func value<Value, Durability>(_ cell: Cell<Value, Durability>) async throws -> Value {
        let reader = MemoryStore(values: store.values)
        let context = ServiceContext(
            name: "test", logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, listeners: [],
            identity: TestState.identity, store: reader)
        return try await context.open(cell).value
    }

    /// Stores what has changed in cells that are stored later.
    public func save() throws { try store.save() }
}

/// Keeps state in memory.
///
/// Updates are carried out in the order in which they come, each in its own transaction.
package final class MemoryStore: StateStore {
    private struct Contents {
        var values: [StateAddress: StoredValue]
        var deferred: [any DeferredState] = []
    }

    private let contents: Mutex<Contents>
    /// Held during a transaction, so that cells may be read meanwhile.
    private let transaction = Mutex<Void>(())

    /// A store with some values.
    package init(values: [StateAddress: StoredValue] = [:]) { contents = Mutex(Contents(values: values)) }

    /// All that is stored.
    package var values: [StateAddress: StoredValue] { contents.withLock { $0.values } }

    package func read(_ address: StateAddress) async throws -> StoredValue? { values[address] }

    package func rows(
        of cell: String, service: Int64, in range: StateRange, descending: Bool, limit: Int
    ) async throws -> [StoredRow] {
        let rows = rows(of: cell, service, range)
        return Array((descending ? rows.reversed() : rows).prefix(limit))
    }

    package func count(of cell: String, service: Int64, in range: StateRange) async throws -> Int {
        rows(of: cell, service, range).count
    }

    private func rows(of cell: String, _ service: Int64, _ range: StateRange) -> [StoredRow] {
        values.filter { $0.key.service == service && $0.key.cell == cell && range.contains($0.key.key) }
            .map { StoredRow(key: $0.key, value: $1) }.sorted { $0.key < $1.key }
    }

    package func submit(_ update: any StateUpdate) {
        transaction.withLock { _ in
            let batch = MemoryBatch(values)
            do {
                try update.perform(batch)
                contents.withLock { $0.values = batch.values }
                update.finish(.success(()))
            } catch {
                update.finish(.failure(error))
            }
        }
    }

    package func attach(_ state: any DeferredState) { contents.withLock { $0.deferred.append(state) } }

    package func wake() {}

    /// Stores what has changed in deferred cells and tables.
    package func save() throws {
        for state in contents.withLock({ $0.deferred }) {
            let changes = try state.takeChanges()
            contents.withLock { for change in changes { $0.values[change.address] = change.value } }
            state.takenChangesAre(stored: true)
        }
    }
}

private final class MemoryBatch: StateBatch {
    var values: [StateAddress: StoredValue]

    init(_ values: [StateAddress: StoredValue]) { self.values = values }

    func read(_ address: StateAddress) throws -> StoredValue? { values[address] }

    func write(_ address: StateAddress, _ value: StoredValue?) { values[address] = value }
}
