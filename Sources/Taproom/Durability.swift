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
