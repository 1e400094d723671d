import TapData

/// A value as it is stored: CBOR, and the version of the type that wrote it.
public struct StoredValue: Sendable, Equatable {
    package var version: Int
    package var bytes: [UInt8]

    package init(version: Int, bytes: [UInt8]) {
        self.version = version
        self.bytes = bytes
    }

    init(_ value: some Encodable, version: Int) throws {
        self.init(version: version, bytes: try CBOREncoder().encode(value))
    }

    func decoded<Value>(by migration: Migration<Value>, of cell: String) throws -> Value {
        do {
            guard version != migration.version else { return try CBORDecoder().decode(Value.self, from: bytes) }
            return try migration.value(of: version, in: CBOR.decode(bytes))
        } catch let error as VersionProblem {
            throw StateError.otherVersion(cell: cell, error)
        } catch let error as StateError {
            throw error
        } catch {
            throw StateError.unreadable(cell: cell, problem: "\(error)")
        }
    }
}

/// State that is stored but can't be used.
package enum StateError: Error, Equatable, CustomStringConvertible {
    case otherVersion(cell: String, VersionProblem)
    case unreadable(cell: String, problem: String)
    case closed

    package var description: String {
        switch self {
        case .otherVersion(let cell, let problem): "the cell \"\(cell)\" \(problem)"
        case .unreadable(let cell, let problem):
            "the stored value of the cell \"\(cell)\" can't be read: \(problem)"
        case .closed: "the tap is closed: nothing can be stored any more"
        }
    }
}

/// An error of the disk or the database, which ends the whole transaction.
package protocol StorageFailure: Error {}

/// Keeps the state of services.
///
/// The tap's writer is one; all changes happen on one thread, in order. Reading waits for no change.
package protocol StateStore: Sendable {
    /// The stored value, or nil when there is none.
    func read(_ address: StateAddress) async throws -> StoredValue?

    /// The first rows of a range in the order of their keys, or the last ones in reverse order.
    func rows(
        of cell: String, service: Int64, in range: StateRange, descending: Bool, limit: Int
    ) async throws -> [StoredRow]

    /// How many rows there are in a range.
    func count(of cell: String, service: Int64, in range: StateRange) async throws -> Int

    /// Queues an update. Updates that wait together are stored together.
    func submit(_ update: any StateUpdate)

    /// Asks for the changes of a deferred cell or table whenever they are due, as long as the service runs.
    func attach(_ state: any DeferredState)

    /// Looks soon whether changes are due.
    func wake()

    /// Says that a deferred cell or table has its first change since its changes were last taken.
    func noteChanged(_ state: any DeferredState)

    /// What is open at an address: two services that serve at the same time, while one takes the place of the other,
    /// remember together.
    func opened(at address: StateAddress) -> (any AnyObject & Sendable)?

    /// Has others find what was opened.
    func keepOpened(_ state: any AnyObject & Sendable, at address: StateAddress)
}

extension StateStore {
    /// All states are looked at.
    package func noteChanged(_ state: any DeferredState) {}

    /// Nothing is shared.
    package func opened(at address: StateAddress) -> (any AnyObject & Sendable)? { nil }

    /// Nothing is shared.
    package func keepOpened(_ state: any AnyObject & Sendable, at address: StateAddress) {}
}

/// The transaction of a store in which updates that waited together are stored, on the store's thread.
package protocol StateBatch: AnyObject {
    /// The value, as the updates before in the same transaction have left it.
    func read(_ address: StateAddress) throws -> StoredValue?

    /// Says what a value is from now on; nil: it goes.
    func write(_ address: StateAddress, _ value: StoredValue?)
}

/// A change that is acknowledged when it is on disk.
package protocol StateUpdate: AnyObject, Sendable {
    /// Computes and writes, on the store's thread and inside its transaction.
    ///
    /// Throws only what the batch throws; then the whole transaction ends.
    func perform(_ batch: any StateBatch) throws

    /// Tells how the transaction ended. After a failure nothing of it is stored.
    func finish(_ outcome: Result<Void, any Error>)
}

/// Values in memory that are stored from time to time.
package protocol DeferredState: AnyObject, Sendable {
    /// Whose they are.
    var service: Int64 { get }
    /// Whether changes are to be stored without a snapshot being made.
    var isDue: Bool { get }
    /// Whether changes become due by the clock.
    var isTimed: Bool { get }
    /// When the first change was made that is not stored yet; nil: there is none.
    var changedSince: ContinuousClock.Instant? { get }

    /// The values to store: those that changed since they were last taken.
    ///
    /// Throws when one can't be encoded; all count as not taken then.
    func takeChanges() throws -> [(address: StateAddress, value: StoredValue?)]

    /// Tells whether what was taken last is stored now; if not, it is taken again the next time.
    func takenChangesAre(stored: Bool)
}
