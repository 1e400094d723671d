import TapData
import TapTesting
import Testing

@Suite struct JSONReaderTests {
    private func datum(_ text: String) throws -> Datum { try JSONReader.read(text).datum }

    private func problem(_ text: String) -> String? {
        do throws(SyntaxError) {
            _ = try JSONReader.read(text)
            return nil
        } catch {
            return error.description
        }
    }

    @Test(arguments: [
        ("null", Datum.null), (" true ", .bool(true)), ("false\n", .bool(false)), ("0", .integer(0)),
        ("-0", .integer(0)),
        ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
        ("9223372036854775808", .number(9_223_372_036_854_775_808)), ("1.0", .number(1)), ("-1.5e-3", .number(-0.0015)),
        ("1E+2", .number(100)), ("0.5", .number(0.5)), ("0e0", .number(0)), ("\"\"", .string("")), ("[]", .array([])),
        ("{}", .object([:])), ("[1,[2]]", .array([.integer(1), .array([.integer(2)])])),
        ("\t{ \"a\" :\r\n[ ] }", .object(["a": .array([])])),
        (#""\"\\\/\b\f\n\r\t""#, .string("\"\\/\u{8}\u{C}\n\r\t")),
        (#""\u00e9\u20AC""#, .string("é€")), (#""\ud83d\uDE00""#, .string("😀")), (#""\u0000""#, .string("\0")),
        ("\"é😀\u{7F}\u{2028}\"", .string("é😀\u{7F}\u{2028}")),
    ])
    func readsWhatTheStandardAllows(text: String, expected: Datum) throws {
        #expect(try datum(text) == expected)
    }

    @Test(
        arguments: [
            ("", "1:1: the text ends where a value is expected"),
            ("  \n ", "2:2: the text ends where a value is expected"),
            ("1 2", "1:3: the text goes on after its value"),
            ("[1,]", "1:3: a comma stands before the ] that follows"),
            ("[1 2]", "1:4: a comma or ] is expected"),
            ("[\"é\", {\"ü\": 1}, 2 3]", "1:19: a comma or ] is expected"),
            ("[1", "1:3: a comma or ] is expected"),
            ("[", "1:2: the text ends where a value is expected"),
            ("{\"a\":1,}", "1:7: a comma stands before the } that follows"),
            ("{a:1}", "1:2: a key in double quotes is expected"),
            ("{\"a\" 1}", "1:6: a colon is expected after the key \"a\""),
            ("{\"a\":1,\n \"a\":2}", "2:2: the key \"a\" stands twice"),
            ("01", "1:2: a number does not begin with 0"), ("-", "1:2: a digit is expected"),
            ("1.", "1:3: a digit is expected"), ("1e", "1:3: a digit is expected"), ("1e+", "1:4: a digit is expected"),
            (".5", "1:1: a value is expected: text in double quotes, a number, true, false, null, [ or {"),
            ("1e999", "1:6: the number 1e999 is too large"), ("tru", nil), ("NaN", nil), ("+1", nil), ("'a'", nil),
            ("// a\n1", nil), ("truely", "1:5: the text goes on after its value"),
            ("\"a", "1:3: the text ends inside of double quotes"),
            ("\"a\u{1}\"", "1:3: a control character in text is written with a backslash"),
            ("\"a\nb\"", "1:3: a control character in text is written with a backslash"),
            (#""\x""#, #"1:4: \x is no escape of JSON"#), (#""\"#, "1:3: the text ends after a backslash"),
            (#""\u12G4""#, "1:4: four hexadecimal digits are expected after \\u"),
            (#""\u+123""#, "1:4: four hexadecimal digits are expected after \\u"),
            (#""\u12"#, "1:4: four hexadecimal digits are expected after \\u"),
            (#""\ud83d""#, "1:8: half of a pair of \\u escapes"), (#""\ude00\ud83d""#, nil),
            (#""\ud83dA""#, nil), (#""\ud83d\u0041""#, nil), ("\u{FEFF}1", nil),
        ] as [(String, String?)])
    func refusesWhatTheStandardForbids(text: String, expected: String?) {
        let problem = problem(text)
        #expect(problem != nil)
        if let expected { #expect(problem == expected) }
    }

    @Test func countsColumnsInCharactersAndNotInBytes() {
        #expect(problem("[\"é😀\", x]")?.hasPrefix("1:8: ") == true)
    }

    @Test func readsNestingUpToTheLimitAndNoDeeper() throws {
        let nested = { (levels: Int) in String(repeating: "[", count: levels) + String(repeating: "]", count: levels) }
        _ = try datum(nested(JSONReader.maximumDepth))
        #expect(problem(nested(JSONReader.maximumDepth + 1)) == "1:129: values are nested more than 128 deep")
        #expect(problem(String(repeating: "[", count: 1_000_000)) == "1:129: values are nested more than 128 deep")
        #expect(problem(String(repeating: "{\"a\":", count: 100_000)) == "1:641: values are nested more than 128 deep")
    }

    @Test func knowsWhereEveryValueStands() throws {
        let root = try JSONReader.read("{\"ä\": [1,\n  {\"b\": true}]}")
        #expect(root.position(at: [.key("ä")]) == Position(line: 1, column: 7))
        #expect(root.position(at: [.key("ä"), .index(1), .key("b")]) == Position(line: 2, column: 9))
        #expect(root.position(at: [.key("ä"), .index(1), .key("missing")]) == Position(line: 2, column: 3))
        #expect(root.member("ä")?.keyStart == Position(line: 1, column: 2))
    }

    @Test func neverCrashesOnRandomText() {
        var random = SeededGenerator(seed: 1)
        let alphabet = Array("{}[]\",:\\u0123dDe+-.tfnrualse \n\té😀\u{1}")
        for _ in 0..<20_000 {
            let text = String((0..<random.next(below: 40)).map { _ in alphabet[random.next(below: alphabet.count)] })
            _ = try? JSONReader.read(text)
        }
    }
}
