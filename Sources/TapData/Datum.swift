/// A tree of plain data: what settings are stored as, what descriptions are read into, what state is shown as.
///
/// Two trees are equal when they say the same; the order of an object's members says nothing. Texts are compared by their
/// bytes, for two names that look alike can be two files; a number that is none equals itself, for nothing has changed.
package enum Datum: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case bytes([UInt8])
    case array([Datum])
    case object(DatumObject)

    /// What this is, as an error message says it: "a number", "a list".
    package var typeName: String {
        switch self {
        case .null: "nothing"
        case .bool: "true or false"
        case .integer: "a whole number"
        case .number: "a number"
        case .string: "text"
        case .bytes: "bytes"
        case .array: "a list"
        case .object: "a group of keys"
        }
    }

    package static func == (left: Datum, right: Datum) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        case (.number(let left), .number(let right)): left == right || left.isNaN && right.isNaN
        case (.string(let left), .string(let right)): left.utf8.elementsEqual(right.utf8)
        case (.bytes(let left), .bytes(let right)): left == right
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)): left == right
        default: false
        }
    }

    /// The members, when this is an object.
    package var object: DatumObject? {
        if case .object(let object) = self { object } else { nil }
    }

    /// The text, when this is a string.
    package var string: String? {
        if case .string(let string) = self { string } else { nil }
    }

    /// The way to the first place where a text stands as it is; nil: it stands nowhere.
    package func place(of text: String) -> [PathStep]? {
        switch self {
        case .string(text): []
        case .array(let elements):
            elements.indices.lazy.compactMap { index in elements[index].place(of: text).map { [.index(index)] + $0 } }
                .first
        case .object(let object):
            object.members.lazy.compactMap { key, value in value.place(of: text).map { [.key(key)] + $0 } }.first
        default: nil
        }
    }
}

/// The members of an object, in the order they were written.
package struct DatumObject: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    /// Keys and values in order.
    ///
    /// No key stands twice.
    package private(set) var members: [(key: String, value: Datum)] = []
    private var positions: [String: Int] = [:]

    package init() {}

    package init(dictionaryLiteral elements: (String, Datum)...) {
        for (key, value) in elements { self[key] = value }
    }

    package var keys: [String] { members.map(\.key) }
    package var isEmpty: Bool { members.isEmpty }

    /// The value of a key.
    ///
    /// Setting a new key adds it at the end; setting `nil` removes the key.
    package subscript(key: String) -> Datum? {
        get { positions[key].map { members[$0].value } }
        set {
            switch (positions[key], newValue) {
            case (let position?, let value?): members[position].value = value
            case (nil, let value?):
                positions[key] = members.count
                members.append((key, value))
            case (let position?, nil):
                members.remove(at: position)
                positions = Dictionary(uniqueKeysWithValues: members.enumerated().map { ($1.key, $0) })
            case (nil, nil): break
            }
        }
    }

    package static func == (left: DatumObject, right: DatumObject) -> Bool {
        left.members.count == right.members.count && left.members.allSatisfy { right[$0.key] == $0.value }
    }
}
