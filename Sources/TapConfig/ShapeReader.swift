import TapData
import Taproom

/// Learns the shape of Codable types by having them decode themselves and noting what they ask for.
///
/// A type gets the values of its defaults, or else values made up, so that it comes to its end; of one that refuses them
/// what it asked for until then is known.
package final class ShapeReader {
    private var underWay: Set<ObjectIdentifier> = []

    private init() {}

    /// The shape of a type.
    package static func shape<Value: Decodable>(of type: Value.Type) -> Shape { ShapeReader().shape(of: type) }

    func shape<Value: Decodable>(of type: Value.Type) -> Shape {
        if let special = type as? any SpecialShape.Type { return special.shape(self) }
        if let value = type as? any SettingValue.Type { return .form(value.form) }
        if let words = words(of: type) { return .words(words) }
        // A type that contains itself.
        guard underWay.insert(ObjectIdentifier(type)).inserted else { return .anything }
        defer { underWay.remove(ObjectIdentifier(type)) }
        let notes = ShapeNotes()
        _ = try? Value(from: RecordingDecoder(reader: self, notes: notes, given: defaults(of: type)))
        guard let documented = type as? any DocumentedSettings.Type else { return notes.shape }
        return notes.shape.noted(SettingNote.all(documented))
    }

    private func defaults(of type: any Decodable.Type) -> DatumObject {
        guard let type = type as? any Defaulted.Type else { return [:] }
        return (try? DatumEncoder().encode(type.init()))?.object ?? [:]
    }

    private func words(of type: any Decodable.Type) -> [String]? {
        func words<Value: CaseIterable & RawRepresentable>(_ type: Value.Type) -> [String]? {
            type.allCases.map { $0.rawValue as? String }.reduce(into: [String]?.some([])) { words, word in
                if let word { words?.append(word) } else { words = nil }
            }
        }
        return (type as? any (CaseIterable & RawRepresentable).Type).flatMap { words($0) }
    }

    /// The value of a tree, or one that is made up when there is none.
    func value<Value: Decodable>(_ type: Value.Type, _ given: Datum?) throws -> Value {
        if let given, let value = try? DatumDecoder().decode(type, from: given) { return value }
        if let special = type as? any SpecialShape.Type, let value = special.sample as? Value { return value }
        if let type = type as? any Defaulted.Type, let value = type.init() as? Value { return value }
        let text = (type as? any SettingValue.Type)?.form.examples.first ?? words(of: type)?.first
        if let text { return try DatumDecoder().decode(type, from: .string(text)) }
        return try Value(from: RecordingDecoder(reader: self, notes: ShapeNotes(), given: [:]))
    }
}

extension Shape {
    /// The same group with what is said of its keys.
    fileprivate func noted(_ notes: [String: SettingNote]) -> Shape {
        guard case .group(let members) = self else { return self }
        return .group(
            members.map {
                Member(key: $0.key, shape: $0.shape.noted(notes, below: $0.key), note: notes[$0.key] ?? $0.note)
            })
    }

    private func noted(_ notes: [String: SettingNote], below parent: String) -> Shape {
        guard case .group = self else { return self }
        let inner = notes.filter { $0.key.hasPrefix(parent + ".") }
        return noted(
            Dictionary(uniqueKeysWithValues: inner.map { (String($0.key.dropFirst(parent.utf8.count + 1)), $0.value) }))
    }
}

/// What a type asked its decoder for.
final class ShapeNotes {
    private(set) var shape = Shape.anything

    func single(_ shape: Shape) { self.shape = shape }

    func group() {
        if case .group = shape { return }
        shape = .group([])
    }

    func member(_ key: String, _ shape: Shape) {
        guard case .group(var members) = self.shape, !members.contains(where: { $0.key == key }) else { return }
        members.append(Shape.Member(key: key, shape: shape, note: nil))
        self.shape = .group(members)
    }
}

/// A type whose shape is known from its declaration.
private protocol SpecialShape {
    static func shape(_ reader: ShapeReader) -> Shape
    static var sample: Any { get }
}

extension Bool: SpecialShape {
    fileprivate static func shape(_ reader: ShapeReader) -> Shape { .bool }
    fileprivate static var sample: Any { false }
}

extension String: SpecialShape {
    fileprivate static func shape(_ reader: ShapeReader) -> Shape { .text }
    fileprivate static var sample: Any { "" }
}

extension SpecialShape where Self: BinaryFloatingPoint {
    fileprivate static func shape(_ reader: ShapeReader) -> Shape { .number }
    fileprivate static var sample: Any { Self(0) }
}

extension Double: SpecialShape {}
extension Float: SpecialShape {}

extension SpecialShape where Self: FixedWidthInteger {
    fileprivate static func shape(_ reader: ShapeReader) -> Shape {
        let isWide = Int64(exactly: Self.min) == .min && Int64(clamping: Self.max) == .max
        return .integer(isWide ? nil : Int64(clamping: Self.min)...Int64(clamping: Self.max))
    }
    fileprivate static var sample: Any { Self(0) }
}

extension Int: SpecialShape {}
extension Int8: SpecialShape {}
extension Int16: SpecialShape {}
extension Int32: SpecialShape {}
extension Int64: SpecialShape {}
extension UInt: SpecialShape {}
extension UInt8: SpecialShape {}
extension UInt16: SpecialShape {}
extension UInt32: SpecialShape {}
extension UInt64: SpecialShape {}

extension Datum: SpecialShape {
    fileprivate static func shape(_ reader: ShapeReader) -> Shape { .anything }
    fileprivate static var sample: Any { Datum.null }
}

extension Optional: SpecialShape where Wrapped: Decodable {
    fileprivate static func shape(_ reader: ShapeReader) -> Shape { .optional(reader.shape(of: Wrapped.self)) }
    fileprivate static var sample: Any { Self.none as Any }
}

extension Array: SpecialShape where Element: Decodable {
    fileprivate static func shape(_ reader: ShapeReader) -> Shape {
        Element.self == UInt8.self ? .bytes : .list(reader.shape(of: Element.self))
    }
    fileprivate static var sample: Any { Self() }
}

extension Set: SpecialShape where Element: Decodable {
    fileprivate static func shape(_ reader: ShapeReader) -> Shape { .list(reader.shape(of: Element.self)) }
    fileprivate static var sample: Any { Self() }
}

extension OneOrMore: SpecialShape {
    fileprivate static func shape(_ reader: ShapeReader) -> Shape { .oneOrMore(reader.shape(of: Element.self)) }
    fileprivate static var sample: Any { Self([]) }
}

extension Dictionary: SpecialShape where Key == String, Value: Decodable {
    fileprivate static func shape(_ reader: ShapeReader) -> Shape { .map(reader.shape(of: Value.self)) }
    fileprivate static var sample: Any { Self() }
}
