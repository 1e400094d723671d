/// Values by key that a service remembers, as many as the disk takes: they are read when they are asked for.
///
///     static let visits = Table("visits", of: Visit.self, by: String.self, durability: .always)
public struct Table<Key: TableKey, Value: Codable & Sendable, Durability: StateDurability>: StateDeclaration {
    /// The name of the table in the tap.
    public let name: String
    /// Names it had before.
    public let formerNames: [String]
    /// How many rows are kept in memory.
    public let cachedRows: Int
    let migration: Migration<Value>
    private let durability: Durability

    /// Declares a table.
    ///
    /// - Parameters:
    ///   - name: its name in the tap: letters, digits and hyphens.
    ///   - formerly: names it had before, whose rows it takes over.
    ///   - value: the type of the values.
    ///   - key: the type of the keys; rows are in the order of the keys.
    ///   - durability: when a change is on disk: `.always`, `.everySecond` or `.snapshot`.
    ///   - cachedRows: how many rows are kept in memory for the next time; at least 1.
    ///   - migration: how values of older types are read; by default there are none.
    public init(
        _ name: String, formerly: [String] = [], of value: Value.Type, by key: Key.Type, durability: Durability,
        cachedRows: Int = 1024, migration: Migration<Value> = Migration()
    ) {
        self.name = name
        formerNames = formerly
        self.durability = durability
        self.cachedRows = max(cachedRows, 1)
        self.migration = migration
    }

    /// The version of `Value`.
    public var version: Int { migration.version }

    /// The oldest version that can be read.
    public var oldestVersion: Int { migration.oldest }

    /// When a change is on disk, as reports say it.
    public var durabilityWord: String { Durability.word }

    /// A table has keys.
    public var isTable: Bool { true }

    /// Reads a stored value and writes it in the present version.
    ///
    /// Throws when it can't be read.
    public func migrated(_ value: StoredValue) throws -> StoredValue {
        try StoredValue(value.decoded(by: migration, of: name), version: version)
    }

    /// Whether it is a key of the table's type.
    public func accepts(_ key: TableKeyForm) -> Bool { key.key != .cell && Key(stored: key) != nil }
}
