import TapData
import TapTesting
import Testing

@Suite(.timeLimit(.minutes(2))) struct CBOREncoderTests {
    private func outcome(_ body: () throws -> [UInt8]) -> Result<[UInt8], OtherError> {
        do { return .success(try body()) } catch { return .failure(OtherError(text: String(describing: error))) }
    }

    private struct OtherError: Error, Equatable { var text: String }

    private func expectSameBytes(_ value: some Encodable, _ encoder: CBOREncoder = CBOREncoder()) {
        #expect(outcome { try encoder.encode(value) } == outcome { CBOR.encode(try DatumEncoder().encode(value)) })
    }

    @Test func writesTheBytesOfTheTree() {
        let dog = Shapes.Dog()
        expectSameBytes(dog)
        dog.hasPlace = true
        expectSameBytes(dog)
        expectSameBytes(Shapes.Outer())
        expectSameBytes([Shapes.Outer()])
        expectSameBytes(Shapes.Group())
        expectSameBytes([Int]())
        expectSameBytes([UInt8]())
        expectSameBytes([[UInt8]()])
        expectSameBytes([String: Int]())
        expectSameBytes(Int?.none)
        expectSameBytes([Int?.none, 1])
        expectSameBytes(["tree": Datum.array([.null, .bytes([1])])])
    }

    @Test func writesTheBytesOfTheTreeForRandomScripts() {
        var random = SeededGenerator(seed: 11)
        let encoder = CBOREncoder()
        for _ in 0..<20_000 { expectSameBytes(Script.random(&random), encoder) }
    }

    @Test(arguments: [0, 1, 15, 16, 17, 23, 24, 255, 256, 65_535, 65_536])
    func headsGrowWithTheCount(count: Int) {
        expectSameBytes(Array(0..<count))
        expectSameBytes(Dictionary(uniqueKeysWithValues: (0..<count).map { ("key \($0)", [$0]) }))
        expectSameBytes(Dictionary(uniqueKeysWithValues: (0..<count).map { ($0, "é") }))
        expectSameBytes([String(repeating: "ab", count: count)])
        expectSameBytes([String(repeating: "ab", count: count): [UInt8](repeating: 7, count: count)])
    }

    @Test func keysOutOfOrderAreSorted() throws {
        struct Row: Encodable { var long = 1, b = 2, a = 3 }
        let sorted: [UInt8] = [0xA3, 0x61, 0x61, 3, 0x61, 0x62, 2, 0x64, 0x6C, 0x6F, 0x6E, 0x67, 1]
        #expect(try CBOREncoder().encode(Row()) == sorted)
    }

    @Test func addsToBytesOrLeavesThem() throws {
        let encoder = CBOREncoder()
        var bytes: [UInt8] = [9]
        try encoder.encode(1, into: &bytes)
        #expect(throws: EncodingError.self) { try encoder.encode(["a": UInt64.max], into: &bytes) }
        try encoder.encode("a", into: &bytes)
        #expect(bytes == [9, 1, 0x61, 0x61])
    }

    @Test func numbersBeyondSixtyFourBitsHaveAPath() throws {
        do {
            _ = try CBOREncoder().encode(["a": ["b": UInt64.max]])
            Issue.record("a number beyond 64 bits was written")
        } catch EncodingError.invalidValue(let value, let context) {
            #expect(value as? UInt64 == .max)
            #expect(context.codingPath.map(\.stringValue) == ["a", "b"])
        }
    }

    private struct Own: Error {}
    private struct Failing: Encodable {
        func encode(to encoder: any Encoder) throws {
            var container = encoder.unkeyedContainer()
            try container.encode(1)
            throw Own()
        }
    }

    private struct Forgiving: Encodable {
        func encode(to encoder: any Encoder) throws {
            var container = encoder.unkeyedContainer()
            try? container.encode(Failing())
            try? container.encode(UInt64.max)
            try container.encode("end")
        }
    }

    @Test func errorsOfTheValueComeThroughAndCanBeForgiven() throws {
        let encoder = CBOREncoder()
        #expect(throws: Own.self) { try encoder.encode(["a": Failing()]) }
        #expect(try encoder.encode(1) == [1])
        expectSameBytes(Forgiving(), encoder)
    }

    private final class Keeper: Encodable {
        nonisolated(unsafe) static var kept: (any UnkeyedEncodingContainer)?
        func encode(to encoder: any Encoder) throws {
            var container = encoder.unkeyedContainer()
            try container.encode(1)
            Keeper.kept = container
        }
    }

    @Test func aContainerThatIsKeptWritesNowhere() throws {
        let encoder = CBOREncoder()
        #expect(try encoder.encode([Keeper()]) == [0x81, 0x81, 1])
        try? Keeper.kept?.encode("late")
        #expect(try encoder.encode([2]) == [0x81, 2])
        Keeper.kept = nil
    }

    private struct Nested: Encodable {
        let encoder: CBOREncoder
        func encode(to other: any Encoder) throws {
            var container = other.singleValueContainer()
            try container.encode(try encoder.encode("inside"))
        }
    }

    @Test func aValueMayUseTheEncoderThatWritesIt() throws {
        let encoder = CBOREncoder()
        #expect(try encoder.encode([Nested(encoder: encoder)]) == [0x81, 0x47, 0x66] + Array("inside".utf8))
    }
}
