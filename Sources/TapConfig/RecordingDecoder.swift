import TapData

/// A decoder that notes what a type asks for, and gives it what is there or values that are made up.
struct RecordingDecoder: Decoder {
    let reader: ShapeReader
    let notes: ShapeNotes
    let given: DatumObject

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        notes.group()
        return KeyedDecodingContainer(Keys(decoder: self))
    }

    func unkeyedContainer() -> any UnkeyedDecodingContainer {
        notes.single(.list(.anything))
        return Elements()
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { Single(decoder: self) }

    /// A decoder for a part that the type reads by itself.
    private func inner(_ key: some CodingKey, _ shape: Shape) -> RecordingDecoder {
        notes.member(key.stringValue, shape)
        return RecordingDecoder(
            reader: reader, notes: ShapeNotes(), given: given[key.stringValue]?.object ?? [:])
    }

    private struct Keys<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let decoder: RecordingDecoder
        var codingPath: [any CodingKey] { [] }
        var allKeys: [Key] { [] }

        func contains(_ key: Key) -> Bool { decoder.given[key.stringValue] != nil }
        func decodeNil(forKey key: Key) -> Bool { decoder.given[key.stringValue] ?? .null == .null }

        func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
            decoder.notes.member(key.stringValue, decoder.reader.shape(of: type))
            return try decoder.reader.value(type, decoder.given[key.stringValue])
        }

        private func optional<Value: Decodable>(_ type: Value.Type, _ key: Key) throws -> Value? {
            decoder.notes.member(key.stringValue, .optional(decoder.reader.shape(of: type)))
            guard let given = decoder.given[key.stringValue], given != .null else { return nil }
            return try decoder.reader.value(type, given)
        }

        func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
            try optional(type, key)
        }
        func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? { try optional(type, key) }
        func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? { try optional(type, key) }
        func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? { try optional(type, key) }
        func decodeIfPresent(_ type: Float.Type, forKey key: Key) throws -> Float? { try optional(type, key) }
        func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? { try optional(type, key) }
        func decodeIfPresent(_ type: Int8.Type, forKey key: Key) throws -> Int8? { try optional(type, key) }
        func decodeIfPresent(_ type: Int16.Type, forKey key: Key) throws -> Int16? { try optional(type, key) }
        func decodeIfPresent(_ type: Int32.Type, forKey key: Key) throws -> Int32? { try optional(type, key) }
        func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? { try optional(type, key) }
        func decodeIfPresent(_ type: UInt.Type, forKey key: Key) throws -> UInt? { try optional(type, key) }
        func decodeIfPresent(_ type: UInt8.Type, forKey key: Key) throws -> UInt8? { try optional(type, key) }
        func decodeIfPresent(_ type: UInt16.Type, forKey key: Key) throws -> UInt16? { try optional(type, key) }
        func decodeIfPresent(_ type: UInt32.Type, forKey key: Key) throws -> UInt32? { try optional(type, key) }
        func decodeIfPresent(_ type: UInt64.Type, forKey key: Key) throws -> UInt64? { try optional(type, key) }

        func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key)
            -> KeyedDecodingContainer<Nested>
        {
            decoder.inner(key, .map(.anything)).container(keyedBy: type)
        }
        func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedDecodingContainer {
            decoder.inner(key, .list(.anything)).unkeyedContainer()
        }
        func superDecoder() -> any Decoder { decoder }
        func superDecoder(forKey key: Key) -> any Decoder { decoder.inner(key, .anything) }
    }

    private struct Single: SingleValueDecodingContainer {
        let decoder: RecordingDecoder
        var codingPath: [any CodingKey] { [] }

        func decodeNil() -> Bool { false }
        func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
            decoder.notes.single(decoder.reader.shape(of: type))
            return try decoder.reader.value(type, nil)
        }
    }

    /// A list without elements.
    private struct Elements: UnkeyedDecodingContainer {
        var codingPath: [any CodingKey] { [] }
        var count: Int? { 0 }
        var isAtEnd: Bool { true }
        var currentIndex: Int { 0 }

        private var end: DataError { DataError(path: [], problem: "has no elements") }
        func decodeNil() throws -> Bool { throw end }
        func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { throw end }
        func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws -> KeyedDecodingContainer<Nested> {
            throw end
        }
        func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { throw end }
        func superDecoder() throws -> any Decoder { throw end }
    }
}
