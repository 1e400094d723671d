import TapData
import Testing

@Suite(.timeLimit(.minutes(2))) struct CodableTests {
    private func roundTrip<Value: Codable>(_ value: Value) throws -> Value {
        try DatumDecoder().decode(Value.self, from: DatumEncoder().encode(value))
    }

    private func problem<Value: Decodable>(_ type: Value.Type, _ datum: Datum) -> String? {
        do throws(DataError) {
            _ = try DatumDecoder().decode(type, from: datum)
            return nil
        } catch {
            return error.description
        }
    }

    private struct Inner: Codable, Equatable {
        var text = "a"
        var list = [1, 2]
        var nothing: Int?
    }

    private struct Outer: Codable, Equatable {
        var inner = Inner()
        var table: [String: Inner] = ["x": Inner(text: "b", list: [], nothing: 3)]
        var optionals: [Int?] = [1, nil, 3]
        var small: UInt8 = 255
        var large = Int64.min
        var real = 0.1
        var single: Float = 0.1
        var isOn = true
        var bytes: [UInt8] = [0, 255]
        var numbers: [Int: String] = [1: "one"]
    }

    @Test func dictionariesOfTextAreInTheOrderOfTheirKeys() throws {
        let letters = "hgfedcba".map { String($0) }
        let datum = try DatumEncoder().encode(["inner": Dictionary(uniqueKeysWithValues: letters.map { ($0, 1) })])
        #expect(datum.object?["inner"]?.object?.keys == letters.reversed())
    }

    private enum Shape: Codable, Equatable {
        case point
        case circle(radius: Double)
        case pair(Int, String)
    }

    private enum Color: String, Codable { case red, green }

    private class Animal: Codable {
        var legs = 4
        init() {}
    }

    private final class Dog: Animal {
        var name = ""
        enum CodingKeys: CodingKey { case name }
        init(name: String) {
            self.name = name
            super.init()
        }
        required init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            name = try container.decode(String.self, forKey: .name)
            try super.init(from: container.superDecoder())
        }
        override func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(name, forKey: .name)
            try super.encode(to: container.superEncoder())
        }
    }

    private struct Flat: Codable, Equatable {
        var left: Int
        var right: String

        init(left: Int, right: String) { (self.left, self.right) = (left, right) }
        init(from decoder: any Decoder) throws {
            var container = try decoder.unkeyedContainer()
            left = try container.decode(Int.self)
            right = try container.decode(String.self)
        }
        func encode(to encoder: any Encoder) throws {
            var container = encoder.unkeyedContainer()
            try container.encode(left)
            try container.encode(right)
        }
    }

    @Test func keepsEveryShape() throws {
        #expect(try roundTrip(Outer()) == Outer())
        #expect(
            try roundTrip([Shape.point, .circle(radius: 2), .pair(1, "b")]) == [
                .point, .circle(radius: 2), .pair(1, "b"),
            ])
        #expect(try roundTrip([Color.red: 1]) == [.red: 1])
        #expect(try roundTrip([Flat(left: 1, right: "r")]) == [Flat(left: 1, right: "r")])
        #expect(try roundTrip(Set([1, 2, 3])) == [1, 2, 3])
        #expect(try roundTrip(Int?.none) == nil)
    }

    @Test func keepsInheritedParts() throws {
        let dog = Dog(name: "Rex")
        dog.legs = 3
        let copy = try roundTrip(dog)
        #expect((copy.name, copy.legs) == ("Rex", 3))
    }

    @Test func keepsEveryShapeThroughBytesToo() throws {
        let bytes = CBOR.encode(try DatumEncoder().encode(Outer()))
        #expect(try DatumDecoder().decode(Outer.self, from: CBOR.decode(bytes)) == Outer())
    }

    @Test func emptyListsStayListsAndEmptyBytesStayBytes() throws {
        #expect(try DatumEncoder().encode([Int]()) == .array([]))
        #expect(try DatumEncoder().encode([UInt8]()) == .bytes([]))
        #expect(try DatumEncoder().encode(["a": [String]()]) == .object(["a": .array([])]))
        #expect(try roundTrip([UInt8]()) == [])
    }

    @Test func bytesAreReadFromTheTextThatJSONMakesOfThem() throws {
        for count in 0..<20 {
            let bytes = (0..<count).map { UInt8($0 * 13 & 0xFF) }
            let text = JSONWriter.line(try DatumEncoder().encode(["data": bytes]))
            #expect(
                try DatumDecoder().decode([String: [UInt8]].self, from: JSONReader.read(text).datum) == ["data": bytes])
        }
        #expect(problem([UInt8].self, .string("a-b")) == "must be bytes in base64, but is text \"a-b\"")
    }

    @Test func refusesNumbersBeyondSixtyFourBits() throws {
        #expect(throws: EncodingError.self) { try DatumEncoder().encode(UInt64.max) }
        #expect(try DatumEncoder().encode(UInt64(Int64.max)) == .integer(.max))
    }

    @Test(arguments: [
        (Datum.integer(256), "must be a whole number from 0 to 255, but is 256"),
        (.integer(-1), "must be a whole number from 0 to 255, but is -1"),
        (.number(1), "must be a whole number, but is 1.0"),
        (.string("7"), "must be a whole number, but is text \"7\""),
        (.bool(true), "must be a whole number, but is true"),
        (.null, "must be a whole number, but is nothing"), (.array([]), "must be a whole number, but is a list"),
        (.object([:]), "must be a whole number, but is a group of keys"),
    ])
    func saysWhatIsExpectedAndWhatThereIs(datum: Datum, expected: String) {
        #expect(problem(UInt8.self, datum) == expected)
    }

    @Test func namesThePathOfAnError() {
        let wrong = Datum.object(["table": .object(["x": .object(["list": .array([.integer(1), .string("b")])])])])
        struct Part: Decodable { var table: [String: Lists] }
        struct Lists: Decodable { var list: [Int] }
        #expect(problem(Part.self, wrong) == "table.x.list[1] must be a whole number, but is text \"b\"")
        #expect(problem(Part.self, .object([:])) == "table is missing")
        #expect(problem(Flat.self, .array([.integer(1)])) == "has too few elements (1)")
    }

    @Test func namesThePathOfAWordThatIsNoCase() {
        #expect(problem([String: Color].self, .object(["a": .string("blue")]))?.hasPrefix("a ") == true)
        #expect(problem([Shape].self, .array([.object(["square": .object([:])])]))?.hasPrefix("[0] ") == true)
    }

    private struct Group: Defaulted, Equatable {
        var port = 80
        var limits = Limits()
        var name: String?

        struct Limits: Defaulted, Equatable {
            var body = 1000
            var head = 100
        }
    }

    @Test func keysThatAreNotGivenKeepTheirDefaults() throws {
        let given = Datum.object(["limits": .object(["head": .integer(5)])])
        #expect(try DatumDecoder().decode(Group.self, from: given) == Group(limits: .init(body: 1000, head: 5)))
    }

    @Test func notesUnknownKeysWithTheNearestWord() throws {
        let given = Datum.object(["prot": .integer(5), "limits": .object(["bodi": .integer(1)]), "zzzzzz": .null])
        let unknown = try DatumDecoder().decodeNotingUnknownKeys(Group.self, from: given).unknown
        #expect(
            unknown.map(\.description) == [
                "prot is not known here. Did you mean \"port\"?",
                "zzzzzz is not known here. Allowed: port, limits, name.",
                "limits.bodi is not known here. Did you mean \"body\"?",
            ])
    }

    @Test func longListsAndTablesTakeTimeInProportion() throws {
        let table = Dictionary(uniqueKeysWithValues: (0..<60_000).map { ("key\($0)", $0) })
        #expect(try roundTrip(table).count == table.count)
        #expect(try roundTrip(Array(0..<200_000)).count == 200_000)
    }
}
