import TapData
import Taproom

extension StoredCell: ReadablePlace where Value == Datum {
    static var isTable: Bool { false }

    static func problem(ofKey key: Datum?) -> String? { key == nil ? nil : "is a cell, which has no keys" }

    func value(_ key: Datum?) async throws -> Datum? { value }

    func rows(_ stretch: RowStretch) async throws -> (rows: [(key: Datum, value: Datum)], isMore: Bool) { ([], false) }
}

extension StoredCell: DurablePlace where Value == Datum, Durability == Always {
    func value(_ key: Datum?, in transaction: StateTransaction) throws -> Datum? { transaction.value(of: self) }

    func set(_ value: Datum?, _ key: Datum?, in transaction: StateTransaction) throws {
        try transaction.update(self) { $0 = value ?? .null }
    }
}

extension StoredCell: DeferredPlace where Value == Datum, Durability: DeferredDurability {
    func set(_ value: Datum?, _ key: Datum?) { update { $0 = value ?? .null } }
}
