import TapData
import TapTesting
import Testing

@Suite(.timeLimit(.minutes(2))) struct CBORTests {
    private static func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = Array(hexadecimal)
        return stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0..<$0 + 2]), radix: 16) }
    }

    private func problem(_ bytes: [UInt8]) -> String? {
        do throws(CBORError) {
            _ = try CBOR.decode(bytes)
            return nil
        } catch {
            return error.problem
        }
    }

    /// RFC 8949, appendix A, as far as it has a place in a tree.
    private static let vectors: [(Datum, String)] = [
        (.integer(0), "00"), (.integer(1), "01"), (.integer(10), "0a"), (.integer(23), "17"), (.integer(24), "1818"),
        (.integer(25), "1819"), (.integer(100), "1864"), (.integer(1000), "1903e8"),
        (.integer(1_000_000), "1a000f4240"),
        (.integer(1_000_000_000_000), "1b000000e8d4a51000"), (.integer(.max), "1b7fffffffffffffff"),
        (.integer(-1), "20"),
        (.integer(-10), "29"), (.integer(-100), "3863"), (.integer(-1000), "3903e7"),
        (.integer(.min), "3b7fffffffffffffff"),
        (.number(0), "f90000"), (.number(1), "f93c00"), (.number(1.1), "fb3ff199999999999a"),
        (.number(1.5), "f93e00"), (.number(65504), "f97bff"), (.number(100_000), "fa47c35000"),
        (.number(3.4028234663852886e+38), "fa7f7fffff"), (.number(1.0e+300), "fb7e37e43c8800759c"),
        (.number(5.960464477539063e-8), "f90001"), (.number(0.00006103515625), "f90400"), (.number(-4), "f9c400"),
        (.number(-4.1), "fbc010666666666666"), (.number(.infinity), "f97c00"), (.number(-.infinity), "f9fc00"),
        (.bool(false), "f4"), (.bool(true), "f5"), (.null, "f6"), (.bytes([]), "40"),
        (.bytes([1, 2, 3, 4]), "4401020304"),
        (.string(""), "60"), (.string("a"), "6161"), (.string("IETF"), "6449455446"), (.string("\"\\"), "62225c"),
        (.string("ü"), "62c3bc"), (.string("水"), "63e6b0b4"), (.string("𐅑"), "64f0908591"), (.array([]), "80"),
        (.array([.integer(1), .integer(2), .integer(3)]), "83010203"),
        (
            .array([.integer(1), .array([.integer(2), .integer(3)]), .array([.integer(4), .integer(5)])]),
            "8301820203820405"
        ),
        (.array((1...25).map { .integer($0) }), "98190102030405060708090a0b0c0d0e0f101112131415161718181819"),
        (.object([:]), "a0"),
        (.object(["a": .integer(1), "b": .array([.integer(2), .integer(3)])]), "a26161016162820203"),
        (.array([.string("a"), .object(["b": .string("c")])]), "826161a161626163"),
        (
            .object(["a": .string("A"), "b": .string("B"), "c": .string("C"), "d": .string("D"), "e": .string("E")]),
            "a56161614161626142616361436164614461656145"
        ),
    ]

    @Test(arguments: vectors)
    func writesTheVectorsOfTheStandard(datum: Datum, hexadecimal: String) {
        #expect(CBOR.encode(datum) == CBORTests.bytes(hexadecimal))
    }

    @Test(arguments: vectors)
    func readsTheVectorsOfTheStandard(datum: Datum, hexadecimal: String) throws {
        #expect(try CBOR.decode(CBORTests.bytes(hexadecimal)) == datum)
    }

    @Test(arguments: ["f97e00", "fa7fc00000", "fb7ff8000000000000"])
    func readsEveryFormOfNoNumber(hexadecimal: String) throws {
        let datum = try CBOR.decode(CBORTests.bytes(hexadecimal))
        #expect(datum == .number(.nan))
        #expect(CBOR.encode(datum) == CBORTests.bytes("f97e00"))
    }

    @Test func keepsTheSignOfZero() throws {
        #expect(CBOR.encode(.number(-0.0)) == CBORTests.bytes("f98000"))
        guard case .number(let number) = try CBOR.decode(CBORTests.bytes("f98000")) else { return }
        #expect(number.sign == .minus)
    }

    @Test func writesKeysInTheOrderOfTheirBytes() {
        let one: DatumObject = ["aa": .integer(1), "b": .integer(2), "": .integer(3), "é": .integer(4)]
        let other: DatumObject = ["é": .integer(4), "": .integer(3), "b": .integer(2), "aa": .integer(1)]
        #expect(CBOR.encode(.object(one)) == CBOR.encode(.object(other)))
        #expect(CBOR.encode(.object(one)) == CBORTests.bytes("a46003616202626161" + "01" + "62c3a904"))
    }

    @Test(arguments: [
        ("", "the value ends early"), ("18", "the value ends early"), ("1901", "the value ends early"),
        ("6261", "the value ends early"), ("8201", "the value ends early"), ("a16161", "the value ends early"),
        ("fb3ff1", "the value ends early"), ("0000", "bytes after the value"), ("1c", "a length that is not definite"),
        ("5f", "a length that is not definite"), ("9fff", "a length that is not definite"),
        ("bfff", "a length that is not definite"), ("7f6161ff", "a length that is not definite"),
        ("c11a514b67b0", "a tag"),
        ("a2616101616102", "a key stands twice"), ("a10102", "a key that is not text"), ("62c328", "text is not UTF-8"),
        ("1bffffffffffffffff", "a number beyond 64 bits"), ("3b8000000000000000", "a number beyond 64 bits"),
        ("f7", "an unknown simple value"), ("f818", "an unknown simple value"), ("ff", "an unknown simple value"),
    ])
    func refusesWhatItDoesNotWrite(hexadecimal: String, expected: String) {
        #expect(problem(CBORTests.bytes(hexadecimal)) == expected)
    }

    @Test(arguments: [
        "9bffffffffffffffff", "bbffffffffffffffff", "5bffffffffffffffff", "7bffffffffffffffff", "9a7fffffff",
    ])
    func announcedLengthsReserveNothing(hexadecimal: String) {
        #expect(problem(CBORTests.bytes(hexadecimal)) == "the value ends early")
    }

    @Test func refusesDeepNesting() {
        #expect(problem([UInt8](repeating: 0x81, count: 1_000_000)) == "nested too deep")
        #expect(problem([UInt8](repeating: 0x81, count: CBOR.maximumDepth - 1) + [0]) == nil)
    }

    @Test func readsBackWhatItWrites() throws {
        var random = SeededGenerator(seed: 4)
        for _ in 0..<3_000 {
            let datum = Datum.random(&random)
            let bytes = CBOR.encode(datum)
            let decoded = try CBOR.decode(bytes)
            #expect(decoded == datum)
            #expect(CBOR.encode(decoded) == bytes)
        }
    }

    @Test func survivesRandomBytes() {
        var random = SeededGenerator(seed: 5)
        for _ in 0..<30_000 {
            _ = try? CBOR.decode((0..<random.next(below: 64)).map { _ in UInt8(truncatingIfNeeded: random.next()) })
        }
    }

    @Test func survivesDamagedValues() {
        var random = SeededGenerator(seed: 6)
        for _ in 0..<30_000 {
            var bytes = CBOR.encode(.random(&random))
            for _ in 0...random.next(below: 3) {
                bytes[random.next(below: bytes.count)] = UInt8(truncatingIfNeeded: random.next())
            }
            // What is read after all is a value like any other.
            if let datum = try? CBOR.decode(bytes) { #expect((try? CBOR.decode(CBOR.encode(datum))) != nil) }
            _ = try? CBOR.decode(Array(bytes.prefix(random.next(below: bytes.count + 1))))
        }
    }
}
