/// A value that is written into stored settings even when it equals its default, because people look for it there:
/// where a service listens.
public protocol AlwaysStored {}

/// Turns Codable values into trees.
package struct DatumEncoder {
    package init() {}

    /// The tree of a value.
    ///
    /// Throws what the value throws, and `EncodingError` for numbers beyond 64 bits.
    package func encode(_ value: some Encodable) throws -> Datum {
        try Slot().datum(of: value, path: [])
    }

    /// The tree of a value, and the keys of its own whose values are ``AlwaysStored``.
    package func encodeNotingKeys(_ value: some Encodable) throws -> (datum: Datum, alwaysStored: Set<String>) {
        let slot = Slot()
        slot.notesKeys = true
        let datum = try slot.datum(of: value, path: [])
        return (datum, slot.alwaysStored)
    }
}

/// Where one value is put together.
private final class Slot {
    enum Content {
        case nothing
        case single(Datum)
        case array([Slot])
        case object([(key: String, slot: Slot)])
    }

    var content = Content.nothing
    /// Whether `alwaysStored` is wanted: finding out looks through all conformances of the program, once for each type.
    var notesKeys = false
    var alwaysStored: Set<String> = []

    var datum: Datum {
        switch content {
        case .nothing: return .object([:])
        case .single(let datum): return datum
        case .array(let slots): return .array(slots.map(\.datum))
        case .object(let members):
            var object = DatumObject()
            for member in members { object[member.key] = member.slot.datum }
            return .object(object)
        }
    }

    func datum(of value: some Encodable, path: [any CodingKey]) throws -> Datum {
        try put(value, path: path)
        return datum
    }

    func put(_ value: some Encodable, path: [any CodingKey]) throws {
        // By its type and not by a cast, for an empty list of anything can be cast to a list of bytes.
        if type(of: value) == [UInt8].self, let bytes = value as? [UInt8] {
            content = .single(.bytes(bytes))
        } else if let datum = value as? Datum {
            content = .single(datum)
        } else {
            try value.encode(to: SlotEncoder(slot: self, codingPath: path))
            sortKeys(of: value)
        }
    }

    /// Gives the keys of a dictionary an order: it has none of its own, and equal values shall be equal bytes.
    private func sortKeys(of value: some Encodable) {
        guard case .object(let members) = content, members.count > 1, value is [String: Any] else { return }
        content = .object(members.sorted { $0.key < $1.key })
    }

    func slot(for key: some CodingKey) -> Slot {
        let slot = Slot()
        if case .object(var members) = content {
            // Only one may have the list, or each element would copy all before it.
            content = .nothing
            members.append((key.stringValue, slot))
            content = .object(members)
        } else {
            content = .object([(key.stringValue, slot)])
        }
        return slot
    }

    func appendSlot() -> Slot {
        let slot = Slot()
        if case .array(var slots) = content {
            content = .nothing
            slots.append(slot)
            content = .array(slots)
        } else {
            content = .array([slot])
        }
        return slot
    }
}

extension Datum: Encodable {
    // Only for the type checker: encoders of this module store a tree as it is.
    package func encode(to encoder: any Encoder) throws {
        throw EncodingError.invalidValue(
            self, .init(codingPath: encoder.codingPath, debugDescription: "a tree can only be encoded into a tree"))
    }
}

private struct SlotEncoder: Encoder {
    let slot: Slot
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if case .nothing = slot.content { slot.content = .object([]) }
        return KeyedEncodingContainer(KeyedSlots(slot: slot, codingPath: codingPath))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if case .nothing = slot.content { slot.content = .array([]) }
        return UnkeyedSlots(slot: slot, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { SingleSlot(slot: slot, codingPath: codingPath) }
}

private struct KeyedSlots<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let slot: Slot
    let codingPath: [any CodingKey]

    func encodeNil(forKey key: Key) { slot.slot(for: key).content = .single(.null) }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        // Of the type and not of the value, for the answer is the same and costs half.
        if slot.notesKeys, Value.self is any AlwaysStored.Type { slot.alwaysStored.insert(key.stringValue) }
        try slot.slot(for: key).put(value, path: codingPath + [key])
    }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<
        Nested
    > {
        SlotEncoder(slot: slot.slot(for: key), codingPath: codingPath + [key]).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        SlotEncoder(slot: slot.slot(for: key), codingPath: codingPath + [key]).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { SlotEncoder(slot: slot, codingPath: codingPath) }
    func superEncoder(forKey key: Key) -> any Encoder {
        SlotEncoder(slot: slot.slot(for: key), codingPath: codingPath + [key])
    }
}

private struct UnkeyedSlots: UnkeyedEncodingContainer {
    let slot: Slot
    let codingPath: [any CodingKey]

    var count: Int {
        if case .array(let slots) = slot.content { slots.count } else { 0 }
    }

    func encodeNil() { slot.appendSlot().content = .single(.null) }
    func encode(_ value: some Encodable) throws { try slot.appendSlot().put(value, path: codingPath) }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        SlotEncoder(slot: slot.appendSlot(), codingPath: codingPath).container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        SlotEncoder(slot: slot.appendSlot(), codingPath: codingPath).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { SlotEncoder(slot: slot.appendSlot(), codingPath: codingPath) }
}

private struct SingleSlot: SingleValueEncodingContainer {
    let slot: Slot
    let codingPath: [any CodingKey]

    func put(_ datum: Datum) { slot.content = .single(datum) }

    func integer(_ value: some BinaryInteger) throws {
        guard let integer = Int64(exactly: value) else {
            throw EncodingError.invalidValue(
                value, .init(codingPath: codingPath, debugDescription: "a whole number beyond 64 bits"))
        }
        put(.integer(integer))
    }

    func encodeNil() { put(.null) }
    func encode(_ value: Bool) { put(.bool(value)) }
    func encode(_ value: String) { put(.string(value)) }
    func encode(_ value: Double) { put(.number(value)) }
    func encode(_ value: Float) { put(.number(Double(value))) }
    func encode(_ value: Int) throws { try integer(value) }
    func encode(_ value: Int8) throws { try integer(value) }
    func encode(_ value: Int16) throws { try integer(value) }
    func encode(_ value: Int32) throws { try integer(value) }
    func encode(_ value: Int64) throws { try integer(value) }
    func encode(_ value: UInt) throws { try integer(value) }
    func encode(_ value: UInt8) throws { try integer(value) }
    func encode(_ value: UInt16) throws { try integer(value) }
    func encode(_ value: UInt32) throws { try integer(value) }
    func encode(_ value: UInt64) throws { try integer(value) }
    func encode(_ value: some Encodable) throws { try slot.put(value, path: codingPath) }
}
