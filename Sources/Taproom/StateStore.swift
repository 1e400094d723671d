import TapData

/// Where a cell's value is kept: the identity of a service, which outlives its name, and the name of the cell.
package struct StateAddress: Hashable, Sendable {
    package var service: Int64
    package var cell: String

    package init(service: Int64, cell: String) {
        self.service = service
        self.cell = cell
    }
}

/// A value as it is stored: CBOR, and the version of the type that wrote it.
public struct StoredValue: Sendable, Equatable {
    package var version: Int
    package var bytes: [UInt8]

    package init(version: Int, bytes: [UInt8]) {
        self.version = version
        self.bytes = bytes
    }

    init<Value, Durability>(_ value: Value, of cell: Cell<Value, Durability>) throws {
        self.init(version: cell.version, bytes: try CBOREncoder().encode(value))
    }

    func decoded<Value, Durability>(by cell: Cell<Value, Durability>) throws -> Value {
        guard version == cell.version else {
            throw StateError.otherVersion(cell: cell.name, stored: version, known: cell.version)
        }
        do {
            return try CBORDecoder().decode(Value.self, from: bytes)
        } catch let error as CBORError {
            throw StateError.unreadable(cell: cell.name, problem: error.description)
        } catch let error as DataError {
            throw StateError.unreadable(cell: cell.name, problem: error.description)
        }
    }
}

/// State that is stored but can't be used.
package enum StateError: Error, Equatable, CustomStringConvertible {
    case otherVersion(cell: String, stored: Int, known: Int)
    case unreadable(cell: String, problem: String)
    case closed

    package var description: String {
        switch self {
        case .otherVersion(let cell, let stored, let known):
            "the cell \"\(cell)\" is stored in version \(stored), and this program knows version \(known). "
                + (stored > known
                    ? "Use the program that wrote it, or a newer one." : "Use a program that can migrate it.")
        case .unreadable(let cell, let problem):
            "the stored value of the cell \"\(cell)\" can't be read: \(problem)"
        case .closed: "the tap is closed: nothing can be stored any more"
        }
    }
}

/// Keeps the state of services.
///
/// The tap's writer is one; all its work happens on one thread, in order.
package protocol StateStore: Sendable {
    /// The stored value, or nil when there is none yet.
    func read(_ address: StateAddress) async throws -> StoredValue?

    /// Queues an update. Updates that wait together are stored together.
    func submit(_ update: any StateUpdate)

    /// Asks for the changes of a deferred cell whenever they are due, as long as the cell lives.
    func attach(_ state: any DeferredState)
}

/// A change that is acknowledged when it is on disk.
package protocol StateUpdate: AnyObject, Sendable {
    /// Computes and writes, on the store's thread and inside its transaction. Throws only what `write` throws.
    func perform(_ write: (StateAddress, StoredValue) throws -> Void) throws

    /// Tells how the transaction ended. After a failure nothing of it is stored.
    func finish(_ outcome: Result<Void, any Error>)
}

/// A value in memory that is stored from time to time.
package protocol DeferredState: AnyObject, Sendable {
    var address: StateAddress { get }
    /// Whether changes are due each second, and not only at snapshots.
    var isDueEverySecond: Bool { get }
    /// When the first change was made that was not taken yet; nil: there is none.
    var changedSince: ContinuousClock.Instant? { get }

    /// The value to store and when it was first changed, or nil when nothing changed since the last one taken.
    ///
    /// Throws when it can't be encoded; it counts as not taken then.
    func takeChange() throws -> (value: StoredValue, since: ContinuousClock.Instant)?

    /// Tells that what was taken last is not stored, so that it is taken again.
    func changeWasNotStored(since: ContinuousClock.Instant)
}
