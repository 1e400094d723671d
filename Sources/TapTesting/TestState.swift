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

    package func read(_ address: StateAddress) async throws -> StoredValue? { contents.withLock { $0.values[address] } }

    package func submit(_ update: any StateUpdate) {
        transaction.withLock { _ in
            do {
                try update.perform { address, value in contents.withLock { $0.values[address] = value } }
                update.finish(.success(()))
            } catch {
                update.finish(.failure(error))
            }
        }
    }

    package func attach(_ state: any DeferredState) { contents.withLock { $0.deferred.append(state) } }

    /// Stores what has changed in deferred cells.
    package func save() throws {
        for state in contents.withLock({ $0.deferred }) {
            if let value = try state.takeChange()?.value { contents.withLock { $0.values[state.address] = value } }
        }
    }
}
