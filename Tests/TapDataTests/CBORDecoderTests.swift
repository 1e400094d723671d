import TapData
import TapTesting
import Testing

@Suite(.timeLimit(.minutes(2))) struct CBORDecoderTests {
    /// What came of it, told so that it can be compared.
    private enum Outcome<Value: Equatable>: Equatable {
        case value(Value)
        case badBytes(CBORError)
        case badData(DataError)
        case other(String)
    }

    private func outcome<Value>(_ body: () throws -> Value) -> Outcome<Value> {
        do {
            return .value(try body())
        } catch let error as CBORError {
            return .badBytes(error)
        } catch let error as DataError {
            return .badData(error)
        } catch {
            return .other(String(describing: error))
        }
    }

    private func expectSame<Value: Decodable & Equatable>(
        _ type: Value.Type, _ bytes: [UInt8], _ decoder: CBORDecoder = CBORDecoder()
    ) {
        #expect(
            outcome { try decoder.decode(type, from: bytes) }
                == outcome { try DatumDecoder().decode(type, from: CBOR.decode(bytes)) })
    }

    private func roundTrip<Value: Codable>(_ value: Value) throws -> Value {
        try CBORDecoder().decode(Value.self, from: CBOREncoder().encode(value))
    }

    @Test func bringsBackEveryShape() throws {
        #expect(try roundTrip(Shapes.Outer()) == Shapes.Outer())
        #expect(try roundTrip([Shapes.Outer()]) == [Shapes.Outer()])
        #expect(try roundTrip([Int?.none, 3]) == [nil, 3])
        #expect(try roundTrip(Int?.none) == nil)
        #expect(try roundTrip("Größe") == "Größe")
        #expect(try roundTrip(["ü": 1, "u": 2, "水": 3]) == ["ü": 1, "u": 2, "水": 3])
        #expect(try roundTrip([UInt8]()) == [])
        #expect(try roundTrip([-0.0, 0.1, 1e300, 1.5, .infinity]) == [-0.0, 0.1, 1e300, 1.5, .infinity])
        #expect(try roundTrip(Datum.object(["a": .array([.bytes([1])])])) == .object(["a": .array([.bytes([1])])]))
        for hasPlace in [false, true] {
            let dog = Shapes.Dog()
            (dog.legs, dog.hasPlace) = (3, hasPlace)
            let copy = try roundTrip(dog)
            #expect((copy.name, copy.legs, copy.hasPlace) == ("Rex", 3, hasPlace))
        }
    }

    @Test func readsWhatTheTreeReads() {
        var random = SeededGenerator(seed: 21)
        let decoder = CBORDecoder()
        for _ in 0..<5_000 {
            let bytes = CBOR.encode(.random(&random))
            expectSame(Found.self, bytes, decoder)
            expectSame(Datum.self, bytes, decoder)
            expectSame([UInt8].self, bytes, decoder)
            expectSame(Int8?.self, bytes, decoder)
            expectSame([String: Double].self, bytes, decoder)
        }
    }

    @Test func readsWhatTheTreeReadsOfDamagedBytes() throws {
        var random = SeededGenerator(seed: 22)
        let decoder = CBORDecoder()
        let good = try CBOREncoder().encode(Shapes.Outer())
        for _ in 0..<15_000 {
            var bytes = random.next(below: 4) == 0 ? CBOR.encode(.random(&random)) : good
            for _ in 0...random.next(below: 3) {
                bytes[random.next(below: bytes.count)] = UInt8(truncatingIfNeeded: random.next())
            }
            if random.next(below: 4) == 0 { bytes = Array(bytes.prefix(random.next(below: bytes.count + 1))) }
            expectSame(Shapes.Outer.self, bytes, decoder)
            expectSame(Found.self, bytes, decoder)
        }
    }

    @Test func readsWhatTheTreeReadsOfRandomBytes() {
        var random = SeededGenerator(seed: 23)
        let decoder = CBORDecoder()
        for _ in 0..<20_000 {
            let bytes = (0..<random.next(below: 40)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            expectSame(Found.self, bytes, decoder)
        }
    }

    @Test(arguments: [
        "", "18", "1901", "6261", "8201", "a16161", "fb3ff1", "0000", "1c", "5f", "9fff", "bfff", "c11a514b67b0",
        "a2616101616102", "a10102", "62c328", "1bffffffffffffffff", "3b8000000000000000", "f7", "f818", "ff",
        "9bffffffffffffffff", "bbffffffffffffffff", "5bffffffffffffffff", "7bffffffffffffffff", "9a7fffffff",
        // What may be read but is not written: heads that are too long, keys out of order.
        "1800", "1900ff", "7801" + "61", "9801" + "01", "a16161" + "1801", "a1780161" + "01", "b80161" + "6101",
        "a2626161016161" + "02", "a26162016161" + "02", "f97e01", "fa3fc00000", "a2616100780161" + "00",
        // One key in two forms.
        "a261c3" + "00", "a262c3a9006365cc8101", "a2614b0063e284aa01",
    ])
    func oddBytesMeanWhatTheyMeanForTheTree(hexadecimal: String) {
        let digits = Array(hexadecimal)
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(digits[$0..<$0 + 2]), radix: 16)
        }
        expectSame(Found.self, bytes)
        expectSame([Int: String].self, bytes)
        expectSame(Int.self, bytes)
    }

    @Test func keysAreTheSameWhenTheirTextsAre() throws {
        struct Row: Decodable, Equatable {
            var é: Int
            var K: Int?
        }
        for key in ["é", "e\u{301}"] { expectSame(Row.self, CBOR.encode(.object([key: .integer(1)]))) }
        for key in ["K", "\u{212A}"] {
            let bytes = CBOR.encode(.object([key: .integer(1), "é": .integer(2)]))
            expectSame(Row.self, bytes)
            #expect(try CBORDecoder().decode(Row.self, from: bytes) == Row(é: 2, K: 1))
        }
    }

    @Test func nestingIsBounded() {
        for count in [CBOR.maximumDepth - 1, CBOR.maximumDepth] {
            expectSame(Found.self, [UInt8](repeating: 0x81, count: count) + [0])
            expectSame(Found.self, [UInt8](repeating: 0x81, count: count - 1) + [0xA0])
            expectSame(Found.self, [UInt8](repeating: 0x81, count: count - 1) + [0xA1, 0x60, 0])
        }
        expectSame(Found.self, [UInt8](repeating: 0x81, count: 1_000_000))
    }

    @Test func errorsAreThoseOfTheTree() {
        let wrong = Datum.object([
            "inner": .object(["text": .string("a"), "list": .array([.integer(1), .string("b")])])
        ])
        expectSame(Shapes.Outer.self, CBOR.encode(wrong))
        expectSame(Shapes.Outer.self, CBOR.encode(.object([:])))
        expectSame(Shapes.Outer.self, CBOR.encode(.null))
        expectSame([UInt8].self, CBOR.encode(.array([.integer(256)])))
        expectSame([UInt8].self, CBOR.encode(.string("AQI=")))
        expectSame([[UInt8]].self, CBOR.encode(.array([.string("a-b")])))
        expectSame([Shapes.Color].self, CBOR.encode(.array([.string("blue")])))
        expectSame([Shapes.Shape].self, CBOR.encode(.array([.object(["square": .object([:])])])))
        expectSame(UInt.self, CBOR.encode(.integer(-1)))
        expectSame(Bool.self, CBOR.encode(.null))
        expectSame(String.self, CBOR.encode(.number(1)))
        expectSame(Float.self, CBOR.encode(.integer(7)))
        #expect(throws: DataError(path: [.key("a"), .index(0)], problem: "must be text, but is 1")) {
            try CBORDecoder().decode([String: [String]].self, from: [0xA1, 0x61, 0x61, 0x81, 1])
        }
    }

    @Test func keysThatAreNotGivenKeepTheirDefaults() throws {
        typealias Group = Shapes.Group
        let parts: [Datum] = [
            .object([:]), .object(["port": .integer(1)]), .object(["limits": .object(["head": .integer(5)])]),
            .object(["port": .integer(1), "limits": .object(["head": .integer(5), "body": .integer(6)])]),
            .object(["other": .integer(1)]), .object(["port": .null]), .null,
        ]
        for part in parts {
            expectSame(Group.self, CBOR.encode(part))
            expectSame([Group].self, CBOR.encode(.array([part, part])))
            expectSame(Shapes.Grouped.self, CBOR.encode(.object(["name": .string("a"), "group": part])))
            expectSame(Group?.self, CBOR.encode(part))
        }
        #expect(try roundTrip(Group(port: 3)) == Group(port: 3))
    }

    private struct Keeper: Decodable {
        var container: any UnkeyedDecodingContainer
        init(from decoder: any Decoder) throws { container = try decoder.unkeyedContainer() }
    }

    @Test func aContainerCanBeKept() throws {
        let decoder = CBORDecoder()
        var keeper = try decoder.decode(Keeper.self, from: [0x82, 1, 2])
        #expect(try decoder.decode([Int].self, from: [0x82, 3, 4]) == [3, 4])
        #expect(try (keeper.container.decode(Int.self), keeper.container.decode(Int.self)) == (1, 2))
    }

    private struct Place: Decodable, Equatable {
        var path: [String]
        init(from decoder: any Decoder) throws { path = decoder.codingPath.map(\.stringValue) }
    }

    @Test func aValueMayAskWhereItStands() throws {
        #expect(
            try CBORDecoder().decode([String: Place].self, from: [0xA1, 0x61, 0x61, 0xA0])["a"]?.path == ["a"])
    }

    @Test func longListsAndTablesTakeTimeInProportion() throws {
        let table = Dictionary(uniqueKeysWithValues: (0..<60_000).map { ("key\($0)", $0) })
        #expect(try roundTrip(table) == table)
        #expect(try roundTrip(Array(0..<200_000)).count == 200_000)
    }

    @Test func keysCanBeAskedForInAnyOrder() throws {
        let bytes = try CBOREncoder().encode(Dictionary(uniqueKeysWithValues: (0..<60_000).map { ("key\($0)", $0) }))
        // It asks for the last key first.
        guard case .map(let keys, let values) = try CBORDecoder().decode(Found.self, from: bytes) else {
            Issue.record("a map was not found to be one")
            return
        }
        #expect(zip(keys.reversed(), values).allSatisfy { $0 == "key\($1.integer)" })
    }
}
