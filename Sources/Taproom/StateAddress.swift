/// Where a value is kept: the identity of a service, which outlives its name, the name of the cell or table, and the
/// row's key.
package struct StateAddress: Hashable, Sendable {
    package var service: Int64
    package var cell: String
    package var key: StateKey

    package init(service: Int64, cell: String, key: StateKey = .cell) {
        self.service = service
        self.cell = cell
        self.key = key
    }
}

/// The key of a row as it is stored.
///
/// Rows are in the order SQLite gives these: integers, then texts by their UTF-8 bytes, then bytes ("Datatypes In SQLite",
/// section 4.1).
package enum StateKey: Hashable, Sendable {
    case integer(Int64)
    case text(String)
    case bytes([UInt8])

    /// What stands in the place of a key for a cell, which has one value only: no bytes.
    package static let cell = StateKey.bytes([])

    // By bytes: Swift takes two spellings of a letter for equal, and SQLite does not.
    package static func == (left: StateKey, right: StateKey) -> Bool {
        switch (left, right) {
        case (.integer(let left), .integer(let right)): left == right
        case (.text(let left), .text(let right)): left.utf8.elementsEqual(right.utf8)
        case (.bytes(let left), .bytes(let right)): left == right
        default: false
        }
    }

    package func hash(into hasher: inout Hasher) {
        switch self {
        case .integer(let integer): hasher.combine(integer)
        case .text(var text): text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        case .bytes(let bytes): bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
        }
    }

    /// The key as people read it: `42`, `alice`, `0x00ff`.
    package var text: String {
        switch self {
        case .integer(let integer): String(integer)
        case .text(let text): text
        case .bytes(let bytes):
            "0x" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
    }
}

extension StateKey: Comparable {
    package static func < (left: StateKey, right: StateKey) -> Bool {
        switch (left, right) {
        case (.integer(let left), .integer(let right)): left < right
        case (.text(let left), .text(let right)): left.utf8.lexicographicallyPrecedes(right.utf8)
        case (.bytes(let left), .bytes(let right)): left.lexicographicallyPrecedes(right)
        case (.integer, _), (.text, .bytes): true
        default: false
        }
    }
}

/// A stretch of rows.
package struct StateRange: Sendable, Equatable {
    /// The first key that counts, or the last one before it; nil: from the beginning.
    package var lower: StateKey?
    package var includesLower = true
    /// The key behind the last one, or the last one itself; nil: to the end.
    package var upper: StateKey?
    package var includesUpper = false

    package init() {}

    package func contains(_ key: StateKey) -> Bool {
        if let lower, includesLower ? key < lower : key <= lower { return false }
        if let upper, includesUpper ? key > upper : key >= upper { return false }
        return true
    }
}

/// A row as it is stored.
package struct StoredRow: Sendable, Equatable {
    package var key: StateKey
    package var value: StoredValue

    package init(key: StateKey, value: StoredValue) {
        self.key = key
        self.value = value
    }
}
