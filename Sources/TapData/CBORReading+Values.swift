extension CBORReading {
    /// The value of a place.
    ///
    /// Throws ``NeedsTree`` when it is not what the type asks for, and what the type throws.
    @inline(__always)
    func value<Value: Decodable>(_ type: Value.Type, at place: CBORPlace) throws -> Value {
        // The types are the same, so the bits are.
        if type == String.self { return unsafeBitCast(try text(at: place), to: type) }
        if type == Bool.self { return unsafeBitCast(try bool(at: place), to: type) }
        if type == Double.self { return unsafeBitCast(try number(at: place), to: type) }
        if type == Float.self { return unsafeBitCast(Float(try number(at: place)), to: type) }
        if type == Int.self { return unsafeBitCast(try integer(Int.self, at: place), to: type) }
        if type == Int8.self { return unsafeBitCast(try integer(Int8.self, at: place), to: type) }
        if type == Int16.self { return unsafeBitCast(try integer(Int16.self, at: place), to: type) }
        if type == Int32.self { return unsafeBitCast(try integer(Int32.self, at: place), to: type) }
        if type == Int64.self { return unsafeBitCast(try integer(Int64.self, at: place), to: type) }
        if type == UInt.self { return unsafeBitCast(try integer(UInt.self, at: place), to: type) }
        if type == UInt8.self { return unsafeBitCast(try integer(UInt8.self, at: place), to: type) }
        if type == UInt16.self { return unsafeBitCast(try integer(UInt16.self, at: place), to: type) }
        if type == UInt32.self { return unsafeBitCast(try integer(UInt32.self, at: place), to: type) }
        if type == UInt64.self { return unsafeBitCast(try integer(UInt64.self, at: place), to: type) }
        return try other(type, at: place)
    }

    /// The value of a type that reads itself, or is known to trees only.
    private func other<Value: Decodable>(_ type: Value.Type, at place: CBORPlace) throws -> Value {
        let head = try bytes(at: place)
        if type == [UInt8].self, head.pointee >> 5 != 4 { return unsafeBitCast(try data(at: place), to: type) }
        if type == Datum.self { return unsafeBitCast(try datum(at: place), to: type) }
        var place = place
        place.isDefaulted = head.pointee >> 5 == 5 && (place.isDefaulted || isDefaulted(type))
        return try Value(from: CBORValue(reading: self, place: place))
    }

    func text(at place: CBORPlace) throws -> String {
        let head = try bytes(at: place)
        guard head.pointee >> 5 == 3 else { throw NeedsTree() }
        let (count, length) = CBORReading.argument(head)
        return String(decoding: UnsafeBufferPointer(start: head + length, count: Int(count)), as: UTF8.self)
    }

    private func data(at place: CBORPlace) throws -> [UInt8] {
        let head = try bytes(at: place)
        guard head.pointee >> 5 == 2 else {
            // Text can be base64, which the tree reads.
            isIrregular = true
            throw NeedsTree()
        }
        let (count, length) = CBORReading.argument(head)
        return Array(UnsafeBufferPointer(start: head + length, count: Int(count)))
    }

    private func datum(at place: CBORPlace) throws -> Datum {
        // The tree adds the defaults.
        if place.isDefaulted { isIrregular = true }
        var end = place
        let start = try bytes(at: step(&end))
        return try CBOR.decode(Array(UnsafeBufferPointer(start: start, count: Int(end.offset - place.offset))))
    }

    func bool(at place: CBORPlace) throws -> Bool {
        let head = try bytes(at: place).pointee
        guard head & 0xFE == 0xF4 else { throw NeedsTree() }
        return head == 0xF5
    }

    func number(at place: CBORPlace) throws -> Double {
        let head = try bytes(at: place)
        switch head.pointee {
        case 0xFB: return Double(bitPattern: CBORReading.longArgument(head).value)
        case 0xFA: return Double(Float(bitPattern: UInt32(truncatingIfNeeded: CBORReading.longArgument(head).value)))
        case 0xF9: return Double(Float16(bitPattern: UInt16(truncatingIfNeeded: CBORReading.longArgument(head).value)))
        default: return Double(try integer(Int64.self, at: place))
        }
    }

    @inline(__always)
    private func integer<Integer: FixedWidthInteger>(_ type: Integer.Type, at place: CBORPlace) throws -> Integer {
        guard let value = Integer(exactly: try wholeNumber(at: place)) else { throw NeedsTree() }
        return value
    }

    private func wholeNumber(at place: CBORPlace) throws -> Int64 {
        let head = try bytes(at: place)
        guard head.pointee >> 5 < 2 else { throw NeedsTree() }
        // It has been checked that it is below 2^63.
        let argument = Int64(truncatingIfNeeded: CBORReading.argument(head).value)
        return head.pointee >> 5 == 0 ? argument : ~argument
    }
}
