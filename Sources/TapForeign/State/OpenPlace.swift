import TapData
import Taproom

/// A cell or table that is open for a foreign service.
enum OpenPlace: Sendable {
    /// Its changes are made in transactions, and acknowledged when they are on disk.
    case durable(any DurablePlace)
    /// Its changes are made in memory, and stored later.
    case deferred(any DeferredPlace)

    /// What can be read of it.
    var readable: any ReadablePlace {
        switch self {
        case .durable(let place): place
        case .deferred(let place): place
        }
    }
}

/// Where values are read: a cell, whose key is nil, or a table.
protocol ReadablePlace: Sendable {
    /// Whether it has rows with keys.
    static var isTable: Bool { get }

    /// What is wrong with a key, or nil.
    static func problem(ofKey key: Datum?) -> String?

    /// The value, or nil when there is none.
    func value(_ key: Datum?) async throws -> Datum?

    /// The rows of a stretch, and whether there are more.
    func rows(_ stretch: RowStretch) async throws -> (rows: [(key: Datum, value: Datum)], isMore: Bool)
}

/// Where changes are made in transactions.
protocol DurablePlace: ReadablePlace {
    /// The value as the transaction has it.
    func value(_ key: Datum?, in transaction: StateTransaction) throws -> Datum?

    /// Sets a value; nil removes a row.
    func set(_ value: Datum?, _ key: Datum?, in transaction: StateTransaction) throws
}

/// Where changes are made in memory.
protocol DeferredPlace: ReadablePlace {
    /// Sets a value; nil removes a row.
    func set(_ value: Datum?, _ key: Datum?)
}

/// Which rows are asked for.
struct RowStretch: Sendable, Equatable {
    /// The first key that counts; nil: from the beginning.
    var from: Datum?
    /// The key behind which the rows begin, in their direction; nil: at the first.
    var after: Datum?
    /// The key before which the rows end; nil: at the last.
    var to: Datum?
    var isDescending = false
    var limit = 100
}

/// A key of a table as a tree.
protocol DatumKey: TableKey {
    /// The key of a tree; nil: it is none.
    init?(_ datum: Datum)
    var datum: Datum { get }
    /// What it is, in a word.
    static var noun: String { get }
}

extension String: DatumKey {
    init?(_ datum: Datum) {
        guard case .string(let text) = datum else { return nil }
        self = text
    }
    var datum: Datum { .string(self) }
    static var noun: String { "text" }
}

extension Int64: DatumKey {
    init?(_ datum: Datum) {
        guard case .integer(let integer) = datum else { return nil }
        self = integer
    }
    var datum: Datum { .integer(self) }
    static var noun: String { "a whole number" }
}
