/// A type whose values can be keys of a table.
///
/// Integers, strings and byte arrays are, and every type with one of these for its raw value. Rows are in the order of
/// what is stored: integers by size, strings by their UTF-8 bytes.
public protocol TableKey: Hashable, Sendable {
    /// The key as it is stored.
    var stored: TableKeyForm { get }

    /// The key of what was stored, or nil when it is none of this type.
    init?(stored: TableKeyForm)
}

/// A key as it is stored.
public struct TableKeyForm: Sendable {
    package let key: StateKey

    package init(_ key: StateKey) { self.key = key }
}

extension TableKey {
    var stateKey: StateKey { stored.key }
}

extension TableKey where Self: FixedWidthInteger {
    /// The integer itself.
    ///
    /// An integer beyond `Int64` is stored as the nearest one that fits.
    public var stored: TableKeyForm { TableKeyForm(.integer(Int64(clamping: self))) }

    /// Nil when it is no integer or out of the type's range.
    public init?(stored: TableKeyForm) {
        guard case .integer(let integer) = stored.key else { return nil }
        self.init(exactly: integer)
    }
}

extension Int: TableKey {}
extension Int64: TableKey {}
extension Int32: TableKey {}
extension Int16: TableKey {}
extension Int8: TableKey {}
extension UInt32: TableKey {}
extension UInt16: TableKey {}
extension UInt8: TableKey {}

extension String: TableKey {
    /// The text itself.
    public var stored: TableKeyForm { TableKeyForm(.text(self)) }

    /// Nil when it is no text.
    public init?(stored: TableKeyForm) {
        guard case .text(let text) = stored.key else { return nil }
        self = text
    }
}

extension [UInt8]: TableKey {
    /// The bytes themselves, behind a zero, so that no bytes are a key too.
    public var stored: TableKeyForm { TableKeyForm(.bytes([0] + self)) }

    /// Nil when it is no bytes.
    public init?(stored: TableKeyForm) {
        guard case .bytes(let bytes) = stored.key, bytes.first == 0 else { return nil }
        self = Array(bytes.dropFirst())
    }
}

extension RawRepresentable where Self: TableKey, RawValue: TableKey {
    /// The raw value.
    public var stored: TableKeyForm { rawValue.stored }

    /// Nil when it is no raw value of this type.
    public init?(stored: TableKeyForm) {
        guard let raw = RawValue(stored: stored) else { return nil }
        self.init(rawValue: raw)
    }
}

/// A range of keys: `"a"..<"b"`, `1...9`, `"m"...`, `..<7`.
public protocol KeyRange<Key> {
    /// What it is a range of.
    associatedtype Key: TableKey

    /// Its ends as they are stored.
    var ends: KeyRangeEnds { get }
}

/// The ends of a range of keys as they are stored.
public struct KeyRangeEnds: Sendable {
    package var range = StateRange()

    package init(from lower: StateKey? = nil, to upper: StateKey? = nil, includesUpper: Bool = false) {
        range.lower = lower
        range.upper = upper
        range.includesUpper = includesUpper
    }
}

extension Range: KeyRange where Bound: TableKey {
    /// What it is a range of.
    public typealias Key = Bound

    /// From the lower bound until just before the upper one.
    public var ends: KeyRangeEnds { KeyRangeEnds(from: lowerBound.stateKey, to: upperBound.stateKey) }
}

extension ClosedRange: KeyRange where Bound: TableKey {
    /// What it is a range of.
    public typealias Key = Bound

    /// From the lower bound up to the upper one.
    public var ends: KeyRangeEnds {
        KeyRangeEnds(from: lowerBound.stateKey, to: upperBound.stateKey, includesUpper: true)
    }
}

extension PartialRangeFrom: KeyRange where Bound: TableKey {
    /// What it is a range of.
    public typealias Key = Bound

    /// From the lower bound to the end.
    public var ends: KeyRangeEnds { KeyRangeEnds(from: lowerBound.stateKey) }
}

extension PartialRangeUpTo: KeyRange where Bound: TableKey {
    /// What it is a range of.
    public typealias Key = Bound

    /// From the beginning until just before the upper bound.
    public var ends: KeyRangeEnds { KeyRangeEnds(to: upperBound.stateKey) }
}

extension PartialRangeThrough: KeyRange where Bound: TableKey {
    /// What it is a range of.
    public typealias Key = Bound

    /// From the beginning up to the upper bound.
    public var ends: KeyRangeEnds { KeyRangeEnds(to: upperBound.stateKey, includesUpper: true) }
}
