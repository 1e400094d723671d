extension Encodable {
    /// Whether values of the type are written without asking them.
    @inline(__always)
    static var isPlain: Bool {
        self == String.self || self == Int.self || self == Double.self || self == Bool.self || self == Int64.self
            || self == UInt32.self || self == Int32.self || self == UInt64.self || self == UInt.self
            || self == UInt16.self || self == UInt8.self || self == Int16.self || self == Int8.self
            || self == Float.self || self == [UInt8].self || self == Datum.self
    }
}

extension CBORWriting {
    func null() { output.byte(0xF6) }

    /// Writes a value whose type is plain.
    @inline(__always)
    func plain<Value: Encodable>(_ value: Value) throws {
        // The types are the same, so the bits are.
        if Value.self == String.self {
            output.text(unsafeBitCast(value, to: String.self))
        } else if Value.self == Bool.self {
            output.byte(unsafeBitCast(value, to: Bool.self) ? 0xF5 : 0xF4)
        } else if Value.self == Double.self {
            output.number(unsafeBitCast(value, to: Double.self))
        } else if Value.self == Float.self {
            output.number(Double(unsafeBitCast(value, to: Float.self)))
        } else if Value.self == [UInt8].self {
            output.bytes(unsafeBitCast(value, to: [UInt8].self))
        } else if Value.self == Datum.self {
            let bytes = CBOR.encode(unsafeBitCast(value, to: Datum.self))
            output.append(bytes)
        } else {
            output.integer(try integer(value))
        }
    }

    @inline(__always)
    private func integer<Value: Encodable>(_ value: Value) throws -> Int64 {
        if Value.self == Int.self { return Int64(unsafeBitCast(value, to: Int.self)) }
        if Value.self == Int64.self { return unsafeBitCast(value, to: Int64.self) }
        if Value.self == Int32.self { return Int64(unsafeBitCast(value, to: Int32.self)) }
        if Value.self == Int16.self { return Int64(unsafeBitCast(value, to: Int16.self)) }
        if Value.self == Int8.self { return Int64(unsafeBitCast(value, to: Int8.self)) }
        if Value.self == UInt32.self { return Int64(unsafeBitCast(value, to: UInt32.self)) }
        if Value.self == UInt16.self { return Int64(unsafeBitCast(value, to: UInt16.self)) }
        if Value.self == UInt8.self { return Int64(unsafeBitCast(value, to: UInt8.self)) }
        let large =
            Value.self == UInt.self
            ? UInt64(unsafeBitCast(value, to: UInt.self)) : unsafeBitCast(value, to: UInt64.self)
        guard let integer = Int64(exactly: large) else {
            isIrregular = true
            throw NeedsTree()
        }
        return integer
    }
}
