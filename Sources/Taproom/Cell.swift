/// Something a kind declares that it remembers.
public protocol StateDeclaration: Sendable {
    /// The name of the cell in the tap, unique in the kind. It never changes: stored values are found by it.
    var name: String { get }
    /// The version of the cell's type, from 1.
    var version: Int { get }
    /// `always`, `everySecond` or `snapshot`.
    var durabilityWord: String { get }
    /// Whether a stored value can be read as the cell's type. Throws what the type throws.
    func check(_ value: StoredValue) throws
}

/// One value that a service remembers.
///
///     static let pair = Cell("pair", initial: Pair(), durability: .always)
public struct Cell<Value: Codable & Sendable, Durability: StateDurability>: StateDeclaration {
    /// The name of the cell in the tap.
    public let name: String
    /// The version of `Value`.
    public let version: Int
    /// What the cell holds until it is first stored.
    public let initial: Value
    private let durability: Durability

    /// Declares a cell.
    ///
    /// - Parameters:
    ///   - name: its name in the tap: letters, digits and hyphens.
    ///   - version: the version of `Value`, from 1; raise it when stored values can't be read as they are.
    ///   - initial: what it holds until it is first stored.
    ///   - durability: when a change is on disk: `.always`, `.everySecond` or `.snapshot`.
    public init(_ name: String, version: Int = 1, initial: Value, durability: Durability) {
        self.name = name
        self.version = version
        self.initial = initial
        self.durability = durability
    }

    /// When a change is on disk, as reports say it.
    public var durabilityWord: String { Durability.word }

    /// Decodes a stored value and forgets it.
    public func check(_ value: StoredValue) throws { _ = try value.decoded(by: self) }
}

/// When a changed value is on disk.
public protocol StateDurability: Sendable {
    /// The word for it in reports.
    static var word: String { get }
}

/// A change that is answered at once and stored later.
public protocol DeferredDurability: StateDurability {}

/// A change returns after it is on disk.
public struct Always: StateDurability {
    /// The word for it in reports.
    public static var word: String { "always" }
}

/// A change returns at once; at most one second of changes is lost in a crash.
public struct EverySecond: DeferredDurability {
    /// The word for it in reports.
    public static var word: String { "everySecond" }
}

/// A change returns at once; it is stored with the next revision, snapshot or clean stop.
public struct AtSnapshots: DeferredDurability {
    /// The word for it in reports.
    public static var word: String { "snapshot" }
}

extension StateDurability where Self == Always {
    /// A change returns after it is on disk.
    public static var always: Always { Always() }
}

extension StateDurability where Self == EverySecond {
    /// A change returns at once; at most one second of changes is lost in a crash.
    public static var everySecond: EverySecond { EverySecond() }
}

extension StateDurability where Self == AtSnapshots {
    /// A change returns at once; it is stored with the next revision, snapshot or clean stop.
    public static var snapshot: AtSnapshots { AtSnapshots() }
}
