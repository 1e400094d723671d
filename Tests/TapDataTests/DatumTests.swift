import TapData
import Testing

@Suite struct DatumTests {
    @Test func theOrderOfKeysSaysNothing() {
        #expect(Datum.object(["a": .integer(1), "b": .null]) == .object(["b": .null, "a": .integer(1)]))
        #expect(Datum.object(["a": .null]) != .object([:]))
    }

    @Test func keysKeepTheirOrderWhenOthersGo() {
        var object: DatumObject = ["a": .integer(1), "b": .integer(2), "c": .integer(3)]
        object["a"] = nil
        object["b"] = .integer(5)
        object["d"] = .integer(4)
        #expect(object.keys == ["b", "c", "d"])
        #expect((object["a"], object["b"], object["c"]) == (nil, .integer(5), .integer(3)))
    }

    @Test func textsThatLookAlikeButHaveOtherBytesDiffer() {
        #expect(Datum.string("caf\u{E9}") != .string("cafe\u{301}"))
    }

    @Test func aValueThatIsNoNumberEqualsItself() {
        #expect(Datum.number(.nan) == .number(.nan))
        #expect(Datum.number(1) != .integer(1))
    }

    @Test(arguments: [
        (0, 0, "1970-01-01T00:00:00.000Z"), (951_782_400, 7, "2000-02-29T00:00:00.007Z"),
        (1_795_255_445, 123, "2026-11-21T10:04:05.123Z"), (4_102_444_799, 999, "2099-12-31T23:59:59.999Z"),
    ])
    func timesAreWrittenInUTC(seconds: Int, milliseconds: Int, expected: String) {
        #expect(Timestamp.text(seconds: seconds, milliseconds: milliseconds) == expected)
    }

    @Test func timesCompareAsTheirTextsDo() {
        let (before, after) = (Timestamp.now, Timestamp.now)
        #expect(before <= after)
        #expect(before.utf8.count == 24)
    }

    @Test(arguments: [
        ("lisetn", " Did you mean \"listen\"?"), ("Listen", " Did you mean \"listen\"?"),
        ("statik", " Did you mean \"static\"?"),
        ("elephant", " Allowed: listen, static, web."), ("", " Allowed: listen, static, web."),
        ("wb", " Did you mean \"web\"?"),
    ])
    func offersTheNearestWordOrAll(word: String, expected: String) {
        #expect(suggestion(for: word, among: ["listen", "static", "web"]) == expected)
    }

    @Test func offersNothingWhenNothingIsAllowed() { #expect(suggestion(for: "a", among: []) == "") }

    @Test func offersInReasonableTimeForEndlessWords() {
        #expect(
            nearest(to: String(repeating: "a", count: 1_000_000), among: ["a", String(repeating: "a", count: 64)])
                != nil)
    }

    @Test(arguments: [
        ([PathStep.key("a"), .key("b"), .index(2), .key("c")], "a.b[2].c"), ([.index(0)], "[0]"), ([], ""),
    ])
    func pathsAreWrittenAsPeopleDo(path: [PathStep], expected: String) { #expect(path.text == expected) }
}
