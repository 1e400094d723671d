/// Turns Codable values into CBOR without a tree in between: the same bytes as of ``DatumEncoder`` and ``CBOR``.
///
/// One encoder can write many values, one after the other, and keeps its memory for the next. It writes while the value
/// speaks. What can't be written in one go (parts told in turns, keys that stand twice, errors) it writes once more
/// through a tree, which knows all of that; so there is one meaning of both, and a value may be asked twice.
package final class CBOREncoder {
    private let writing = CBORWriting()

    package init() {}

    /// The bytes of a value.
    ///
    /// Throws what the value throws, and `EncodingError` for numbers beyond 64 bits.
    package func encode(_ value: some Encodable) throws -> [UInt8] {
        if try write(value) { return Array(writing.finish()) }
        return CBOR.encode(try DatumEncoder().encode(value))
    }

    /// Adds the bytes of a value to others.
    ///
    /// Throws as ``encode(_:)`` does, and adds nothing then.
    package func encode(_ value: some Encodable, into bytes: inout [UInt8]) throws {
        if try write(value) {
            bytes.append(contentsOf: writing.finish())
        } else {
            bytes += CBOR.encode(try DatumEncoder().encode(value))
        }
    }

    /// Whether the bytes are there; not when the tree has to make them.
    private func write(_ value: some Encodable) throws -> Bool {
        // A value that uses the encoder that is just writing it.
        guard !writing.isBusy else { return false }
        writing.start()
        do {
            try writing.fill(value)
        } catch {
            writing.stop()
            // Only the tree knows the path for the error, if the value asked for it or a number was too large.
            if writing.isIrregular { return false }
            throw error
        }
        writing.close(to: 0)
        writing.stop()
        return !writing.isIrregular
    }
}

/// What containers throw when only the tree can go on.
struct NeedsTree: Error {}

/// The encoder of one slot.
struct CBORSlot: Encoder {
    let writing: CBORWriting
    let frame: CBORWriting.FrameName

    var codingPath: [any CodingKey] { writing.pathThroughTree }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        writing.open(.map, in: frame)
        return KeyedEncodingContainer(CBORKeyedSlots<Key>(writing: writing, frame: frame))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        writing.open(.array, in: frame)
        return CBORUnkeyedSlots(writing: writing, frame: frame)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }
}

extension CBORSlot: SingleValueEncodingContainer {
    func encodeNil() { if writing.take(frame) { writing.null() } }

    func encode<Value: Encodable>(_ value: Value) throws {
        if Value.isPlain {
            guard writing.take(frame) else { throw NeedsTree() }
            try writing.plain(value)
        } else {
            guard writing.isEmpty(frame) else { throw NeedsTree() }
            try writing.fill(value)
        }
    }
}

struct CBORKeyedSlots<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let writing: CBORWriting
    let frame: CBORWriting.FrameName

    var codingPath: [any CodingKey] { writing.pathThroughTree }

    func encodeNil(forKey key: Key) throws {
        try writing.key(key.stringValue, in: frame)
        writing.null()
    }

    // It stands for the twenty requirements of single types too: inlined there, only the line of that type is left.
    @inline(__always)
    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        try writing.key(key.stringValue, in: frame)
        if Value.isPlain { try writing.plain(value) } else { try writing.put(value) }
    }

    func slot(_ key: Key) -> CBORSlot {
        let isThere: Void? = try? writing.key(key.stringValue, in: frame)
        return CBORSlot(writing: writing, frame: isThere == nil ? .none : writing.push())
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        slot(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { slot(key).unkeyedContainer() }
    func superEncoder() -> any Encoder { CBORSlot(writing: writing, frame: frame) }
    func superEncoder(forKey key: Key) -> any Encoder { slot(key) }
}

private struct CBORUnkeyedSlots: UnkeyedEncodingContainer {
    let writing: CBORWriting
    let frame: CBORWriting.FrameName

    var codingPath: [any CodingKey] { writing.pathThroughTree }
    var count: Int { writing.elements(of: frame) }

    func encodeNil() throws {
        try writing.element(in: frame)
        writing.null()
    }

    @inline(__always)
    func encode<Value: Encodable>(_ value: Value) throws {
        try writing.element(in: frame)
        if Value.isPlain { try writing.plain(value) } else { try writing.put(value) }
    }

    func slot() -> CBORSlot {
        let isThere: Void? = try? writing.element(in: frame)
        return CBORSlot(writing: writing, frame: isThere == nil ? .none : writing.push())
    }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        slot().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { slot().unkeyedContainer() }
    func superEncoder() -> any Encoder { slot() }
}
