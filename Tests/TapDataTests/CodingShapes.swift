import TapData
import TapTesting

/// Codable types of every shape that a coder can meet.
enum Shapes {
    struct Inner: Codable, Equatable {
        var text = "a"
        var list = [1, 2]
        var nothing: Int?
    }

    struct Outer: Codable, Equatable {
        var inner = Inner()
        var table: [String: Inner] = ["x": Inner(text: "b", list: [], nothing: 3), "longer than fifteen": Inner()]
        var optionals: [Int?] = [1, nil, 3]
        var small: UInt8 = 255
        var smaller = Int8.min
        var large = Int64.min
        var unsigned = UInt64(Int64.max)
        var real = 0.1
        var single: Float = 0.1
        var isOn = true
        var bytes: [UInt8] = [0, 255]
        var numbers: [Int: String] = [1: "one", 20: "twenty", 300: "three hundred"]
        var colors: [Color: Double] = [.red: 1]
        var shapes: [Shape] = [.point, .circle(radius: 2), .pair(1, "b")]
    }

    enum Shape: Codable, Equatable {
        case point
        case circle(radius: Double)
        case pair(Int, String)
    }

    enum Color: String, Codable { case red, green }

    class Animal: Codable {
        var legs = 4
        init() {}
    }

    /// Writes what it inherits into its own map or into a place of its own.
    final class Dog: Animal {
        var name = "Rex"
        var hasPlace = false
        enum CodingKeys: CodingKey { case name, base }
        override init() { super.init() }
        required init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            name = try container.decode(String.self, forKey: .name)
            hasPlace = container.contains(.base)
            try super.init(from: hasPlace ? container.superDecoder(forKey: .base) : container.superDecoder())
        }
        override func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(name, forKey: .name)
            try super.encode(to: hasPlace ? container.superEncoder(forKey: .base) : container.superEncoder())
        }
    }

    struct Group: Defaulted, Equatable {
        var port = 80
        var limits = Limits()

        struct Limits: Defaulted, Equatable {
            var body = 1000
            var head = 100
        }
    }

    struct Grouped: Codable, Equatable {
        var name: String
        var group: Group
    }
}

/// A key of any text.
struct AnyKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

/// A value that uses an encoder in all the ways there are, also in those nobody should.
indirect enum Script: Encodable {
    case nothing, null
    case bool(Bool)
    case integer(Int64)
    case unsigned(UInt64)
    case number(Double)
    case float(Float)
    case text(String)
    case bytes([UInt8])
    case tree(Datum)
    case single(Script)
    case array([Script])
    case nestedArrays([[Script]])
    case map([(String, Script)])
    case nestedMaps([(String, [(String, Script)])])
    /// Two maps in one, told in turns.
    case turns([(String, Script)])
    case path
    case withPlaceOfSuper([(String, Script)])

    func encode(to encoder: any Encoder) throws {
        switch self {
        case .nothing: break
        case .array(let elements):
            var container = encoder.unkeyedContainer()
            for element in elements { try container.encode(element) }
        case .nestedArrays(let arrays):
            var container = encoder.unkeyedContainer()
            for array in arrays {
                var nested = container.nestedUnkeyedContainer()
                for element in array { try nested.encode(element) }
            }
            try Script.integer(Int64(container.count)).encode(to: container.superEncoder())
        case .map(let members):
            var container = encoder.container(keyedBy: AnyKey.self)
            for (key, value) in members { try container.encode(value, forKey: AnyKey(stringValue: key)) }
        case .nestedMaps(let maps):
            var container = encoder.container(keyedBy: AnyKey.self)
            for (key, map) in maps {
                var nested = container.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey(stringValue: key))
                for (key, value) in map { try nested.encode(value, forKey: AnyKey(stringValue: key)) }
            }
        case .turns(let members):
            var container = encoder.container(keyedBy: AnyKey.self)
            var one = container.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey(stringValue: "one"))
            var two = container.nestedUnkeyedContainer(forKey: AnyKey(stringValue: "two"))
            for (key, value) in members {
                try one.encode(value, forKey: AnyKey(stringValue: key))
                try two.encode(value)
            }
        case .withPlaceOfSuper(let members):
            var container = encoder.container(keyedBy: AnyKey.self)
            try container.encodeNil(forKey: AnyKey(stringValue: "null"))
            try Script.map(members).encode(to: container.superEncoder())
            try Script.map(members).encode(to: container.superEncoder(forKey: AnyKey(stringValue: "other")))
        default: try encodeSingle(encoder.singleValueContainer(), path: encoder.codingPath)
        }
    }

    private func encodeSingle(
        _ container: any SingleValueEncodingContainer, path: @autoclosure () -> [any CodingKey]
    ) throws {
        var container = container
        switch self {
        case .bool(let bool): try container.encode(bool)
        case .integer(let integer): try container.encode(integer)
        case .unsigned(let unsigned): try container.encode(unsigned)
        case .number(let number): try container.encode(number)
        case .float(let float): try container.encode(float)
        case .text(let text): try container.encode(text)
        case .bytes(let bytes): try container.encode(bytes)
        case .tree(let datum): try container.encode(datum)
        case .single(let script): try container.encode(script)
        case .path: try container.encode(path().map(\.stringValue))
        default: try container.encodeNil()
        }
    }

    /// A random script, at most `depth` levels deep.
    static func random(_ random: inout SeededGenerator, depth: Int = 4) -> Script {
        func members() -> [(String, Script)] {
            (0..<random.next(below: 6)).map { _ in (key(&random), Script.random(&random, depth: depth - 1)) }
        }
        let bits = random.next() >> UInt64(random.next(below: 64))
        switch random.next(below: depth > 0 ? 40 : 11) {
        case 0: return .nothing
        case 1: return .null
        case 2: return .bool(bits % 2 == 0)
        case 3: return .integer(Int64(bitPattern: bits))
        case 4: return .unsigned(bits >> (random.next(below: 50) == 0 ? 0 : 1))
        case 5: return .number(Double(bitPattern: bits << UInt64(random.next(below: 64))))
        case 6: return .number(Double(Int64(bitPattern: bits)) / 256)
        case 7: return .float(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
        case 8: return .text(String(repeating: key(&random), count: random.next(below: 40)))
        case 9: return .bytes((0..<random.next(below: 40)).map { UInt8($0) })
        case 10: return random.next(below: 30) == 0 ? .path : .tree(.random(&random))
        case 11...17: return .single(.random(&random, depth: depth - 1))
        case 18...23:
            return .array((0..<random.next(below: 30)).map { _ in .random(&random, depth: depth - 3) })
        case 24...26: return .nestedArrays((0..<random.next(below: 4)).map { _ in members().map(\.1) })
        case 27: return random.next(below: 3) == 0 ? .turns(members()) : .nothing
        case 28, 29: return .withPlaceOfSuper(members())
        case 30...32: return .nestedMaps((0..<random.next(below: 4)).map { _ in (key(&random), members()) })
        default: return .map(members())
        }
    }

    /// Keys that are often different, sometimes long, seldom beyond ASCII, and seldom equal in other bytes.
    private static func key(_ random: inout SeededGenerator) -> String {
        let alphabet = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789é\u{212A}".unicodeScalars)
        var text = String.UnicodeScalarView()
        let prefix = random.next(below: 5) == 0 ? "the same start of long keys " : ""
        for _ in 0..<random.next(below: 12) { text.append(alphabet[random.next(below: alphabet.count)]) }
        let rare = ["e\u{301}", "K", "é", "\u{212A}"]
        return random.next(below: 20) == 0 ? rare[random.next(below: 4)] : prefix + String(text)
    }
}

/// A value of any shape, found out by asking.
indirect enum Found: Decodable, Equatable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(UInt64)
    case text(String)
    case bytes([UInt8])
    case array([Found])
    /// Keys, and their values from the last to the first.
    case map([String], [Found])

    /// The number, or -1.
    var integer: Int64 { if case .integer(let integer) = self { integer } else { -1 } }

    init(from decoder: any Decoder) throws {
        if let container = try? decoder.container(keyedBy: AnyKey.self) {
            let keys = container.allKeys
            // Backwards, so that no key is where the last search ended.
            self = .map(
                keys.map(\.stringValue), try keys.reversed().map { try container.decode(Found.self, forKey: $0) })
        } else if var container = try? decoder.unkeyedContainer() {
            var elements: [Found] = []
            while !container.isAtEnd { elements.append(try container.decode(Found.self)) }
            self = .array(elements)
        } else {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .null
            } else if let bool = try? container.decode(Bool.self) {
                self = .bool(bool)
            } else if let integer = try? container.decode(Int64.self) {
                self = .integer(integer)
            } else if let number = try? container.decode(Double.self) {
                self = .number(number.isNaN ? 0 : number.bitPattern)
            } else if let text = try? container.decode(String.self) {
                self = .text(text)
            } else {
                self = .bytes(try container.decode([UInt8].self))
            }
        }
    }
}
