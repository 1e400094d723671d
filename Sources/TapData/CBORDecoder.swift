/// Turns CBOR into Codable values without a tree in between: the same values and errors as of ``CBOR`` and
/// ``DatumDecoder``.
///
/// One decoder can read many values, one after the other, and keeps its memory for the next. Bytes are checked as a whole
/// first and then read where they stand. Whatever is not plain sailing (errors, keys that are missing in a ``Defaulted``
/// group, keys out of order) is read once more through a tree, which knows all of that; so there is one meaning of both,
/// and an initializer may run twice.
package final class CBORDecoder {
    private var reading = CBORReading()

    package init() {}

    /// The value of bytes.
    ///
    /// Keys nobody asks for are passed over. Throws ``CBORError`` when the bytes are not one complete value, and
    /// ``DataError`` when the value is not what the type asks for.
    package func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        do {
            return try bytes.withUnsafeBufferPointer { try read(type, $0) }
        } catch {
            return try DatumDecoder().decode(type, from: CBOR.decode(bytes))
        }
    }

    /// The value, unless the tree has to make it.
    private func read<Value: Decodable>(_ type: Value.Type, _ bytes: UnsafeBufferPointer<UInt8>) throws -> Value {
        // A value that uses the decoder that is just reading it.
        guard !reading.isBusy else { throw NeedsTree() }
        defer { stop() }
        guard reading.start(bytes) else { throw NeedsTree() }
        let value = try reading.value(type, at: CBORPlace())
        if reading.isIrregular { throw NeedsTree() }
        // Somebody kept a container for later, and only a tree lives so long.
        guard isKnownUniquelyReferenced(&reading) else { throw NeedsTree() }
        return value
    }

    /// Ends a run.
    private func stop() {
        reading.stop()
        // With a container that was kept nobody may read other bytes.
        if !isKnownUniquelyReferenced(&reading) { reading = CBORReading() }
    }
}

/// Where a value stands.
struct CBORPlace {
    /// The offset of its head.
    var offset: UInt32 = 0
    /// Which of the maps and arrays in the order of the bytes is the first at this place or after it.
    var container: UInt32 = 0
    /// How many maps and arrays it stands in.
    var depth: UInt16 = 0
    /// Whether keys that are missing here have a default.
    var isDefaulted = false
}

/// The decoder of one value.
struct CBORValue: Decoder, SingleValueDecodingContainer {
    let reading: CBORReading
    let place: CBORPlace

    var codingPath: [any CodingKey] { reading.pathThroughTree }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(CBORKeyedValues<Key>(reading: reading, map: try reading.map(at: place)))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        CBORUnkeyedValues(reading: reading, array: try reading.array(at: place))
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { self }

    func decodeNil() -> Bool { reading.isNull(at: place) }

    @inline(__always)
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try reading.value(type, at: place) }
}

private struct CBORKeyedValues<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let reading: CBORReading
    let map: CBORReading.Map

    var codingPath: [any CodingKey] { reading.pathThroughTree }
    var allKeys: [Key] { reading.keys(of: map).compactMap(Key.init(stringValue:)) }

    func contains(_ key: Key) -> Bool { reading.find(key.stringValue, in: map) != nil }

    @inline(__always)
    func member(_ key: Key) throws -> CBORPlace {
        guard let place = reading.find(key.stringValue, in: map) else { throw NeedsTree() }
        return place
    }

    func decodeNil(forKey key: Key) throws -> Bool { reading.isNull(at: try member(key)) }

    // It stands for the requirements of single types too: inlined there, only the line of that type is left.
    @inline(__always)
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try reading.value(type, at: member(key))
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try CBORValue(reading: reading, place: member(key)).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try CBORValue(reading: reading, place: member(key)).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { CBORValue(reading: reading, place: map.place) }

    func superDecoder(forKey key: Key) throws -> any Decoder { CBORValue(reading: reading, place: try member(key)) }
}

private struct CBORUnkeyedValues: UnkeyedDecodingContainer {
    let reading: CBORReading
    /// The elements that are left.
    var array: CBORReading.Elements

    var codingPath: [any CodingKey] { reading.pathThroughTree }
    var count: Int? { array.count }
    var isAtEnd: Bool { array.index == array.count }
    var currentIndex: Int { array.index }

    mutating func next() throws -> CBORPlace {
        guard !isAtEnd else { throw NeedsTree() }
        defer { array.index += 1 }
        return reading.step(&array.place)
    }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, reading.isNull(at: array.place) else { return false }
        _ = try next()
        return true
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try reading.value(type, at: next())
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        try CBORValue(reading: reading, place: next()).container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try CBORValue(reading: reading, place: next()).unkeyedContainer()
    }

    mutating func superDecoder() throws -> any Decoder { CBORValue(reading: reading, place: try next()) }
}
