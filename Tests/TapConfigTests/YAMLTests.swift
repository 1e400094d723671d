import TapConfig
import TapData
import Taproom
import TapTesting
import Testing

/// Texts that a careless writer of YAML gets wrong.
private let nasty = [
    "", " ", "yes", "no", "on", "True", "null", "~", "123", "0x1F", "0o17", "017", "1e3", "1_000", "+5", "-5", ".5",
    "5.", "1e400",
    ".inf", ".nan", "=", "<<", "- a", "-", "--- a", "---", "...", "a: b", "a:", ":", "? a", "?", "#c", "a #c", "a#c",
    "[a]", "{a", "a]", "}",
    "&a", "*a", "!a", "|", ">", "%a", "@a", "`a", "'a'", "\"a\"", "it's", "\\n", " a", "a ", "\ta", "a\t", "a\nb",
    "a\n", "\n", "a\r\nb",
    "\r", "a\rb", "\u{85}", "a\u{85}b", "\u{2028}", "a\u{2029}b", "\0", "\u{1}", "\u{1B}[0m", "\u{7F}", "\u{FEFF}",
    "a\u{FEFF}b", "é", "e\u{301}",
    "😀", "a😀b", "日本語", "\u{FFFD}", "\u{E000}", "\u{10FFFF}", "2026-11-21", "12:30:45", "tcp:80", "1.2.3.4",
    "key: [1, 2]", ", a", "a, b",
    String(repeating: "long ", count: 100), String(repeating: "x", count: 2000), "a  b   c", "a\n\n  b\n", "\n a",
    "taproom: 1\nname: x\n",
]

@Suite struct YAMLTests {
    private func roundTrip(_ datum: Datum) throws -> Datum { try YAMLReader.read(YAMLWriter.write(datum)).datum }

    @Test(arguments: nasty)
    func keepsEveryText(text: String) throws {
        let datum = Datum.object([
            "a": .string(text), "b": .array([.string(text), .object(["c": .string(text)])]), "d": .string("end"),
        ])
        #expect(try roundTrip(datum) == datum)
        #expect(try roundTrip(.string(text)) == .string(text))
    }

    @Test(arguments: nasty)
    func keepsEveryKey(text: String) throws {
        let datum = Datum.object([text: .integer(1), "z": .object([text: .array([]), "y": .null])])
        #expect(try roundTrip(datum) == datum)
    }

    @Test(arguments: [
        Datum.null, .bool(true), .integer(.min), .integer(.max), .number(0.1), .number(-1e300),
        .number(.leastNonzeroMagnitude),
        .number(1), .number(1e16),
        .array([]), .object([:]), .array([.array([]), .object([:])]), .array([.object(["a": .array([.null])])]),
        .array([.array([.object(["a": .integer(1)])])]),
    ])
    func keepsEveryValue(datum: Datum) throws {
        #expect(try roundTrip(datum) == datum)
        #expect(try roundTrip(.object(["a": datum])) == .object(["a": datum]))
    }

    @Test func isWrittenAsPeopleWriteIt() {
        let datum = Datum.object([
            "taproom": .integer(1), "name": .string("web"),
            "services": .array([
                .object([
                    "name": .string("a"), "listen": .string("tcp:80"), "index": .array([.string("v"), .string("w")]),
                ]),
                .object([
                    "name": .string("yes"), "limits": .object(["body": .integer(5)]), "none": .array([]),
                    "text": .string("a\nb"),
                ]),
            ]),
        ])
        #expect(
            YAMLWriter.write(datum) == """
                taproom: 1
                name: web
                services:
                - name: a
                  listen: tcp:80
                  index:
                  - v
                  - w
                - name: "yes"
                  limits:
                    body: 5
                  none: []
                  text: "a\\nb"

                """)
    }

    @Test(arguments: [
        ("0x1F", Datum.integer(31)), ("0o17", .integer(15)), ("017", .integer(17)), ("+5", .integer(5)),
        ("1e3", .number(1000)),
        (".5", .number(0.5)), ("-.5", .number(-0.5)), ("1_000", .string("1_000")), ("yes", .string("yes")),
        ("~", .null), ("", .null),
        ("TRUE", .bool(true)), ("tRUE", .string("tRUE")), ("1e400", .string("1e400")), ("0x1p3", .string("0x1p3")),
        ("nan", .string("nan")),
        ("'5'", .string("5")), ("\"\"", .string("")), ("99999999999999999999", .number(1e20)),
        ("|\n  a\n  b\n", .string("a\nb\n")),
        (">-\n  a\n  b\n", .string("a b")), ("0x-5", .string("0x-5")), ("0x", .string("0x")), (".", .string(".")),
        ("-", .array([.null])),
    ])
    func readsPlainWordsByTheCoreSchema(text: String, expected: Datum) throws {
        #expect(try YAMLReader.read(text).datum == expected)
    }

    @Test func neverCrashesOnRandomText() {
        var random = SeededGenerator(seed: 1)
        let alphabet = Array("{}[]\",:'#&*!|>-? \n\tab1é😀\\%@~")
        for _ in 0..<5_000 {
            let text = String((0..<random.next(below: 50)).map { _ in alphabet[random.next(below: alphabet.count)] })
            if let datum = try? YAMLReader.read(text).datum { #expect((try? roundTrip(datum)) == datum) }
        }
    }

    @Test(arguments: 1...300 as ClosedRange<UInt64>)
    func anExportThatIsReadIsExportedTheSame(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let application = random.application()
        let yaml = Description.yaml(of: application)
        let kinds = KindList([Greeter.self])
        let read = try DescriptionReader.read(yaml, file: "x.yaml", folder: nil, kinds: kinds)
        #expect(read == application)
        #expect(Description.yaml(of: read) == yaml)
        let json = Description.json(of: application)
        let readJSON = try DescriptionReader.read(json, file: "x.json", folder: nil, kinds: kinds)
        #expect(Description.json(of: readJSON) == json)
    }
}

/// Random numbers that are the same in every run.
private struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    // SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func next(below limit: Int) -> Int { Int(next() % UInt64(limit)) }

    mutating func application() -> Application {
        let names = ["web", "yes", "123", "null", "_", "0x1F", "a-b"].shuffled(using: &self)
        let account = [nil, "www-data", "33", "033", "yes", "1e3", "-5", "0"]
        let services = names.prefix(next(below: 6)).map { service($0) }
        return Application(
            name: names[6], user: account[next(below: account.count)], group: account[next(below: account.count)],
            services: Array(services))
    }

    private mutating func service(_ name: String) -> ServiceDefinition {
        var settings: DatumObject = [:]
        settings["listen"] =
            [.string("tcp:80"), .array([]), .array([.string("tcp:1"), .string("unix:/a:mode=600")])][next(below: 3)]
        if next(below: 3) > 0 { settings["greeting"] = .string(nasty[next(below: nasty.count)]) }
        if next(below: 3) == 0 {
            settings["folder"] = .string("/" + nasty[next(below: nasty.count)].filter { $0 != "\0" })
        }
        if next(below: 3) == 0 { settings["limits"] = .object(["clients": .integer(5), "wait": .string("5s")]) }
        var service = ServiceDefinition(name: name, kind: "greeter", isEnabled: next(below: 3) > 0, settings: settings)
        if next(below: 3) == 0 { service.restart.policy = .onFailure }
        if next(below: 3) == 0 { service.restart.within = TimeSpan(seconds: 90) }
        return service
    }
}
