import TapData
import TapTesting
import Testing

@Suite struct JSONWriterTests {
    @Test(arguments: [
        (Datum.null, "null"), (.bool(true), "true"), (.integer(.min), "-9223372036854775808"), (.number(1), "1.0"),
        (.number(0.1), "0.1"), (.number(.infinity), "null"), (.number(.nan), "null"), (.array([]), "[]"),
        (.object([:]), "{}"),
        (.string("\"\\\n\r\t\0\u{1F}\u{7F}"), #""\"\\\n\r\t\u0000\u001f\u007f""#), (.string("é/😀"), "\"é/😀\""),
        (.string("\r\n"), #""\r\n""#), (.object(["b": .integer(1), "a": .array([.null])]), #"{"b":1,"a":[null]}"#),
        (.bytes([]), "\"\""), (.bytes(Array("f".utf8)), "\"Zg==\""), (.bytes(Array("fo".utf8)), "\"Zm8=\""),
        (.bytes(Array("foo".utf8)), "\"Zm9v\""), (.bytes(Array("foobar".utf8)), "\"Zm9vYmFy\""),
        (.bytes([0xFB, 0xFF]), "\"+/8=\""),
    ])
    func writesOneLine(datum: Datum, expected: String) {
        #expect(JSONWriter.line(datum) == expected)
    }

    @Test func writesTwoSpacesALevelForPeople() {
        let datum = Datum.object([
            "a": .array([.integer(1), .object(["b": .null])]), "c": .array([]), "d": .object([:]),
        ])
        let expected = """
            {
              "a": [
                1,
                {
                  "b": null
                }
              ],
              "c": [],
              "d": {}
            }
            """
        #expect(JSONWriter.pretty(datum) == expected)
    }

    @Test func readsBackWhatItWrites() throws {
        var random = SeededGenerator(seed: 2)
        for _ in 0..<3_000 {
            let datum = Datum.random(&random, hasBytes: false)
            #expect(try JSONReader.read(JSONWriter.line(datum)).datum == datum)
            #expect(try JSONReader.read(JSONWriter.pretty(datum)).datum == datum)
        }
    }

    @Test func keepsEveryFiniteNumber() throws {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<10_000 {
            let number = Double(bitPattern: random.next())
            guard number.isFinite else { continue }
            #expect(try JSONReader.read(JSONWriter.line(.number(number))).datum == .number(number))
        }
    }
}
