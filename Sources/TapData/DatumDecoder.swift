import Synchronization

/// A value that is not what a type asks for.
package struct DataError: Error, Equatable, CustomStringConvertible {
    package var path: [PathStep]
    /// What is wrong, to be read after the path: "must be true or false, but is text "yes"".
    package var problem: String

    package init(path: [PathStep], problem: String) {
        self.path = path
        self.problem = problem
    }

    package var description: String { path.isEmpty ? problem : "\(path.text) \(problem)" }
}

/// A group of keys each of which has a default: those that are not given keep the value `init()` gives them.
public protocol Defaulted: Codable {
    /// The group with all its defaults.
    init()
}

/// Turns trees into Codable values.
///
/// Every failure is a ``DataError`` that names its path.
package struct DatumDecoder {
    private let userInfo: [CodingUserInfoKey: any Sendable]

    package init(userInfo: [CodingUserInfoKey: any Sendable] = [:]) { self.userInfo = userInfo }

    /// The value of a tree.
    ///
    /// Keys nobody asks for are passed over.
    package func decode<Value: Decodable>(_ type: Value.Type, from datum: Datum) throws(DataError) -> Value {
        try Reading(userInfo: userInfo).value(type, from: datum, at: [])
    }

    /// The value of a tree, and one error for each key that nobody asked for.
    package func decodeNotingUnknownKeys<Value: Decodable>(
        _ type: Value.Type, from datum: Datum
    ) throws(DataError) -> (value: Value, unknown: [DataError]) {
        let reading = Reading(userInfo: userInfo)
        let value = try reading.value(type, from: datum, at: [])
        return (value, reading.unknownKeys)
    }

    /// Everything that is wrong with the keys of a group, each looked at by itself among defaults, so that the first
    /// error does not hide the others.
    package func errors<Value: Defaulted>(of type: Value.Type, in object: DatumObject) -> [DataError] {
        object.members.flatMap { member -> [DataError] in
            do throws(DataError) {
                return try decodeNotingUnknownKeys(type, from: .object([member.key: member.value])).unknown
            } catch {
                return [error]
            }
        }
    }
}

/// One run of a decoder: what its containers share.
private final class Reading {
    let userInfo: [CodingUserInfoKey: any Sendable]
    /// By their places: the path in one text, for texts are hashed without a question to the runtime.
    var groups: [String: Group] = [:]

    /// The keys of one group: those that are there, and those that were asked for, in their order.
    final class Group {
        let path: [PathStep]
        let present: [String]
        private(set) var asked: [String] = []

        init(_ object: DatumObject, at path: [PathStep]) { (self.path, present) = (path, object.keys) }

        /// A key can be asked for several times.
        func ask(_ key: String) { asked.append(key) }
    }

    init(userInfo: [CodingUserInfoKey: any Sendable]) { self.userInfo = userInfo }

    var unknownKeys: [DataError] {
        groups.sorted { $0.key < $1.key }.flatMap { _, group in
            let asked = Set(group.asked)
            return group.present.filter { !asked.contains($0) }.map { key in
                var offered: Set<String> = []
                let words = group.asked.filter { offered.insert($0).inserted }
                return DataError(
                    path: group.path + [.key(key)], problem: "is not known here." + suggestion(for: key, among: words))
            }
        }
    }

    /// The keys of the group at a path: also when its type reads it in several parts.
    func group(_ object: DatumObject, at path: [PathStep]) -> Group {
        let place = path.map(\.description).joined(separator: "\0")
        if let group = groups[place] { return group }
        let group = Group(object, at: path)
        groups[place] = group
        return group
    }

    func value<Value: Decodable>(_ type: Value.Type, from datum: Datum, at path: [PathStep]) throws(DataError) -> Value
    {
        if type == Datum.self, let value = datum as? Value { return value }
        if type == [UInt8].self, let value = try Reading.bytes(datum, at: path) as? Value { return value }
        do {
            let full = try withDefaults(type, datum)
            return try Value(from: DatumReader(reading: self, datum: full, path: path))
        } catch let error as DataError {
            throw error
        } catch DecodingError.dataCorrupted(let context) {
            throw DataError(path: path, problem: context.debugDescription)
        } catch {
            throw DataError(path: path, problem: String(describing: error))
        }
    }

    /// Bytes, or what JSON and YAML make of them: text in base64.
    ///
    /// Nil for a list of numbers, which is read as any list is.
    private static func bytes(_ datum: Datum, at path: [PathStep]) throws(DataError) -> [UInt8]? {
        switch datum {
        case .bytes(let bytes): return bytes
        case .string(let text):
            guard let bytes = Base64.decode(text) else { throw .mismatch("bytes in base64", datum, at: path) }
            return bytes
        default: return nil
        }
    }

    /// What `init()` gives the keys of each type that was read: a thousand services of a kind have the same defaults.
    private static let knownDefaults = Mutex<[ObjectIdentifier: DatumObject]>([:])

    private static func defaults(of type: any Defaulted.Type) throws -> DatumObject? {
        let identifier = ObjectIdentifier(type)
        if let known = knownDefaults.withLock({ $0[identifier] }) { return known }
        guard case .object(let defaults) = try DatumEncoder().encode(type.init()) else { return nil }
        knownDefaults.withLock { $0[identifier] = defaults }
        return defaults
    }

    /// The given keys over the defaults, when the type has defaults.
    private func withDefaults(_ type: any Decodable.Type, _ datum: Datum) throws -> Datum {
        // In this order: the cast looks through all conformances of the program, once for each type.
        guard case .object(let given) = datum, let type = type as? any Defaulted.Type,
            var full = try Reading.defaults(of: type)
        else { return datum }
        for (key, value) in given.members { full[key] = value }
        return .object(full)
    }
}

private struct DatumReader: Decoder {
    let reading: Reading
    let datum: Datum
    let path: [PathStep]

    var codingPath: [any CodingKey] { path.map(StepKey.init) }
    var userInfo: [CodingUserInfoKey: Any] { reading.userInfo }

    func mismatch(_ expected: String) -> DataError { .mismatch(expected, datum, at: path) }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let object) = datum else { throw mismatch("a group of keys") }
        let group = reading.group(object, at: path)
        return KeyedDecodingContainer(KeyedReader(reader: self, object: object, group: group))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let elements) = datum else { throw mismatch("a list") }
        return UnkeyedReader(reader: self, elements: elements)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { SingleReader(reader: self) }
}

extension DataError {
    fileprivate static func mismatch(_ expected: String, _ datum: Datum, at path: [PathStep]) -> DataError {
        let found =
            switch datum {
            case .string(let text): "text \"\(text)\""
            case .integer, .number, .bool: JSONWriter.line(datum)
            default: datum.typeName
            }
        return DataError(path: path, problem: "must be \(expected), but is \(found)")
    }
}

private struct StepKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(_ step: PathStep) {
        stringValue = step.description
        if case .index(let index) = step { intValue = index } else { intValue = nil }
    }

    init?(stringValue: String) {
        self.stringValue = stringValue
        intValue = nil
    }

    init?(intValue: Int) {
        stringValue = String(intValue)
        self.intValue = intValue
    }
}

private struct KeyedReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let reader: DatumReader
    let object: DatumObject
    let group: Reading.Group

    var codingPath: [any CodingKey] { reader.codingPath }
    var allKeys: [Key] {
        for key in object.keys { group.ask(key) }
        return object.keys.compactMap(Key.init(stringValue:))
    }

    func path(_ key: Key) -> [PathStep] { reader.path + [.key(key.stringValue)] }

    func member(_ key: Key) throws(DataError) -> Datum {
        group.ask(key.stringValue)
        guard let datum = object[key.stringValue] else { throw DataError(path: path(key), problem: "is missing") }
        return datum
    }

    func contains(_ key: Key) -> Bool {
        group.ask(key.stringValue)
        return object[key.stringValue] != nil
    }

    func decodeNil(forKey key: Key) throws -> Bool { try member(key) == .null }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try reader.reading.value(type, from: member(key), at: path(key))
    }

    func nested(_ key: Key) throws -> DatumReader {
        DatumReader(reading: reader.reading, datum: try member(key), path: path(key))
    }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) throws
        -> KeyedDecodingContainer<Nested>
    {
        try nested(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try nested(key).unkeyedContainer()
    }
    func superDecoder() throws -> any Decoder { reader }
    func superDecoder(forKey key: Key) throws -> any Decoder { try nested(key) }
}

private struct UnkeyedReader: UnkeyedDecodingContainer {
    let reader: DatumReader
    let elements: [Datum]
    var currentIndex = 0

    init(reader: DatumReader, elements: [Datum]) {
        self.reader = reader
        self.elements = elements
    }

    var codingPath: [any CodingKey] { reader.codingPath }
    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex == elements.count }

    mutating func next() throws -> DatumReader {
        guard !isAtEnd else { throw DataError(path: reader.path, problem: "has too few elements (\(elements.count))") }
        defer { currentIndex += 1 }
        return DatumReader(
            reading: reader.reading, datum: elements[currentIndex], path: reader.path + [.index(currentIndex)])
    }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, elements[currentIndex] == .null else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let element = try next()
        return try reader.reading.value(type, from: element.datum, at: element.path)
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws -> KeyedDecodingContainer<Nested>
    {
        try next().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try next().unkeyedContainer() }
    mutating func superDecoder() throws -> any Decoder { try next() }
}

private struct SingleReader: SingleValueDecodingContainer {
    let reader: DatumReader
    var codingPath: [any CodingKey] { reader.codingPath }

    func decodeNil() -> Bool { reader.datum == .null }

    func integer<Value: FixedWidthInteger>(_ type: Value.Type) throws -> Value {
        guard case .integer(let integer) = reader.datum else { throw reader.mismatch("a whole number") }
        guard let value = Value(exactly: integer) else {
            throw reader.mismatch("a whole number from \(Value.min) to \(Value.max)")
        }
        return value
    }

    func decode(_ type: Bool.Type) throws -> Bool {
        guard case .bool(let bool) = reader.datum else { throw reader.mismatch("true or false") }
        return bool
    }

    func decode(_ type: String.Type) throws -> String {
        guard case .string(let string) = reader.datum else { throw reader.mismatch("text") }
        return string
    }

    func decode(_ type: Double.Type) throws -> Double {
        switch reader.datum {
        case .number(let number): return number
        case .integer(let integer): return Double(integer)
        default: throw reader.mismatch("a number")
        }
    }

    func decode(_ type: Float.Type) throws -> Float { Float(try decode(Double.self)) }
    func decode(_ type: Int.Type) throws -> Int { try integer(type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
    func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try reader.reading.value(type, from: reader.datum, at: reader.path)
    }
}

extension Datum: Decodable {
    // Only for the type checker: decoders of this module hand a tree on as it is.
    package init(from decoder: any Decoder) throws {
        throw DecodingError.dataCorrupted(
            .init(codingPath: decoder.codingPath, debugDescription: "a tree can only be decoded from a tree"))
    }
}
