import TapData
import Taproom

extension StoredTable: ReadablePlace where Key: DatumKey, Value == Datum {
    static var isTable: Bool { true }

    static func problem(ofKey key: Datum?) -> String? {
        guard let key else { return "is a table: name a key" }
        return Key(key) == nil ? "has keys that are \(Key.noun), and \(JSONWriter.line(key)) is none" : nil
    }

    func value(_ key: Datum?) async throws -> Datum? {
        guard let key = key.flatMap({ Key($0) }) else { return nil }
        return try await value(for: key)
    }

    func rows(_ stretch: RowStretch) async throws -> (rows: [(key: Datum, value: Datum)], isMore: Bool) {
        var found: [(key: Datum, value: Datum)] = []
        for try await (key, value) in rows(in: Stretch<Key>(stretch), descending: stretch.isDescending) {
            guard found.count < stretch.limit else { return (found, true) }
            found.append((key.datum, value))
        }
        return (found, false)
    }
}

/// A stretch of rows as tables take it.
private struct Stretch<Key: DatumKey>: KeyRange {
    let ends: KeyRangeEnds

    init(_ stretch: RowStretch) {
        func stored(_ datum: Datum?) -> StateKey? { datum.flatMap { Key($0)?.stored.key } }
        var ends = KeyRangeEnds(from: stored(stretch.from), to: stored(stretch.to))
        if let after = stored(stretch.after) {
            if stretch.isDescending {
                ends.range.upper = after
            } else {
                (ends.range.lower, ends.range.includesLower) = (after, false)
            }
        }
        self.ends = ends
    }
}

extension StoredTable: DurablePlace where Key: DatumKey, Value == Datum, Durability == Always {
    func value(_ key: Datum?, in transaction: StateTransaction) throws -> Datum? {
        guard let key = key.flatMap({ Key($0) }) else { return nil }
        return try transaction.value(for: key, in: self)
    }

    func set(_ value: Datum?, _ key: Datum?, in transaction: StateTransaction) throws {
        guard let key = key.flatMap({ Key($0) }) else { return }
        transaction.set(value, for: key, in: self)
    }
}

extension StoredTable: DeferredPlace where Key: DatumKey, Value == Datum, Durability: DeferredDurability {
    func set(_ value: Datum?, _ key: Datum?) {
        guard let key = key.flatMap({ Key($0) }) else { return }
        set(value, for: key)
    }
}
