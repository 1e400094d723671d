/// Something a kind declares that it remembers: a ``Cell`` or a ``Table``.
public protocol StateDeclaration: Sendable {
    /// The name in the tap, unique in the kind. It never changes: stored values are found by it.
    var name: String { get }
    /// Names it had before: what is stored under one of them is taken over.
    var formerNames: [String] { get }
    /// The version of the values' type, from 1.
    var version: Int { get }
    /// The oldest version that can be read.
    var oldestVersion: Int { get }
    /// `always`, `everySecond` or `snapshot`.
    var durabilityWord: String { get }
    /// Whether it has rows with keys.
    var isTable: Bool { get }
    /// A stored value in the form of the present version. Throws when it can't be read as that.
    func migrated(_ value: StoredValue) throws -> StoredValue
    /// Whether a stored key is one of this table.
    func accepts(_ key: TableKeyForm) -> Bool
}

/// One value that a service remembers.
///
///     static let pair = Cell("pair", initial: Pair(), durability: .always)
public struct Cell<Value: Codable & Sendable, Durability: StateDurability>: StateDeclaration {
    /// The name of the cell in the tap.
    public let name: String
    /// Names it had before.
    public let formerNames: [String]
    /// What the cell holds until it is first stored.
    public let initial: Value
    let migration: Migration<Value>
    private let durability: Durability

    /// Declares a cell.
    ///
    /// - Parameters:
    ///   - name: its name in the tap: letters, digits and hyphens.
    ///   - formerly: names it had before, whose values it takes over.
    ///   - initial: what it holds until it is first stored.
    ///   - durability: when a change is on disk: `.always`, `.everySecond` or `.snapshot`.
    ///   - migration: how values of older types are read; by default there are none.
    public init(
        _ name: String, formerly: [String] = [], initial: Value, durability: Durability,
        migration: Migration<Value> = Migration()
    ) {
        self.name = name
        formerNames = formerly
        self.initial = initial
        self.durability = durability
        self.migration = migration
    }

    /// The version of `Value`.
    public var version: Int { migration.version }

    /// The oldest version that can be read.
    public var oldestVersion: Int { migration.oldest }

    /// When a change is on disk, as reports say it.
    public var durabilityWord: String { Durability.word }

    /// A cell has no keys.
    public var isTable: Bool { false }

    /// Reads a stored value and writes it in the present version.
    ///
    /// Throws when it can't be read.
    public func migrated(_ value: StoredValue) throws -> StoredValue {
        try StoredValue(value.decoded(by: migration, of: name), version: version)
    }

    /// Only the place of a cell, which has no key.
    public func accepts(_ key: TableKeyForm) -> Bool { key.key == .cell }
}
