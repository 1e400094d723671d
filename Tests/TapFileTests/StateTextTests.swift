import TapData
@testable import TapFile
import TapTesting
import Taproom
import Testing

@Suite(.timeLimit(.minutes(5))) struct StateTextTests {
    private func put(_ value: StoredValue, _ cell: String, _ key: StateKey = .cell, of path: String, in tap: Tap) throws
    {
        var address = try tap.address(path, cell)
        address.key = key
        try tap.setState(address, value)
    }

    private func stored(_ datum: Datum) -> StoredValue { StoredValue(version: 1, bytes: CBOR.encode(datum)) }

    @Test func everyValueIsALineInOrder() throws {
        let application = application(keeper("z"), keeper("a", services: [keeper("in")]))
        try withOpenTap(application) { tap in
            try tap.commit {
                try put(stored(.integer(7)), "count", of: "z", in: tap)
                try put(stored(.string("a\nb")), "by-text", .text("é \"\n"), of: "a", in: tap)
                try put(stored(.bool(true)), "by-text", .text(""), of: "a", in: tap)
                try put(stored(.number(1)), "by-number", .integer(10), of: "a", in: tap)
                try put(stored(.number(-0.5)), "by-number", .integer(9), of: "a", in: tap)
                try put(stored(.number(.nan)), "by-number", .integer(.min), of: "a", in: tap)
                try put(stored(.bytes([1, 2])), "by-bytes", .bytes([0, 255]), of: "a", in: tap)
                try put(stored(.array([.null, .object(["k": .integer(.max)])])), "one", of: "a/in", in: tap)
            }
            #expect(
                try stateText(of: tap)
                    == stateText(
                        #"{"service":"a","cell":"by-bytes","key-bytes":"AP8=","version":1,"cbor":"QgEC"}"#,
                        #"{"service":"a","cell":"by-number","key":-9223372036854775808,"version":1,"cbor":"+X4A"}"#,
                        #"{"service":"a","cell":"by-number","key":9,"version":1,"value":-0.5}"#,
                        #"{"service":"a","cell":"by-number","key":10,"version":1,"value":1.0}"#,
                        #"{"service":"a","cell":"by-text","key":"","version":1,"value":true}"#,
                        #"{"service":"a","cell":"by-text","key":"é \"\n","version":1,"value":"a\nb"}"#,
                        #"{"service":"a/in","cell":"one","version":1,"value":[null,{"k":9223372036854775807}]}"#,
                        #"{"service":"z","cell":"count","version":1,"value":7}"#))
        }
    }

    /// Values that JSON has no words for, or that are easily changed on the way, inside of others or not.
    private func datum(_ random: inout SeededGenerator) -> Datum {
        let special: [Datum] = [
            .number(.nan), .number(.infinity), .number(-.infinity), .number(-0.0), .number(0),
            .number(.leastNonzeroMagnitude), .number(.greatestFiniteMagnitude), .number(1e15), .number(0.1),
            .number(Double(Float.leastNonzeroMagnitude)), .number(Double(Int64.max)), .integer(.min), .integer(.max),
            .integer(1 << 53 + 1), .bytes([]), .bytes([0xFF]), .string("\u{0}"), .string("\u{2028}"),
            .string("e\u{301}"), .string("\u{E9}"), .string("AAAA"), .object([:]), .array([]),
            .object(["cbor": "AAAA"]), .object(["b": .null, "aa": .null, "": .null]),
        ]
        let chosen = special[random.next(below: special.count)]
        switch random.next(below: 6) {
        case 0: return chosen
        case 1: return .array([chosen, Datum.random(&random)])
        case 2: return .object(["x": chosen, "y": Datum.random(&random)])
        default: return Datum.random(&random)
        }
    }

    private func key(_ random: inout SeededGenerator) -> (cell: String, key: StateKey) {
        let texts = ["", "a", "A", "é", "e\u{301}", "\u{0}", "\"\\\n\u{7F}", "😀", "1", "a b"]
        switch random.next(below: 4) {
        case 0: return ("one", .cell)
        case 1: return ("by-text", .text(texts[random.next(below: texts.count)]))
        case 2: return ("by-number", .integer([.min, -1, 0, 1, .max, 1 << 60][random.next(below: 6)]))
        default:
            let bytes = (0..<random.next(below: 5)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            return ("by-bytes", .bytes([0] + bytes))
        }
    }

    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func aTapThatBeginsWithTheStateOfAnotherHasTheSame(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let application = application(keeper("b", services: [keeper("b"), keeper("a")]), keeper("a"))
        try withOpenTap(application) { tap in
            for _ in 0..<random.next(below: 60) {
                let (cell, key) = key(&random)
                let path = ["b", "b/b", "b/a", "a"][random.next(below: 4)]
                try tap.commit { try put(stored(datum(&random)), cell, key, of: path, in: tap) }
                if random.next(below: 20) == 0 { _ = try tap.snapshot() }
            }
            let text = try stateText(of: tap)
            // The services have other identities there.
            let other = TapFileTests.application(application.services[1], application.services[0])
            try withTap(other, state: text) { copy in
                try #expect(content(of: copy) == content(of: tap))
                try #expect(stateText(of: copy) == text)
                try #expect(copy.integrityFindings() == [])
                try #expect(copy.history().map(\.kind) == [.made])
                try #expect(!copy.hasUncapturedState())
            }
        }
    }

    /// What is stored, by the path of its service.
    private func content(of tap: Tap) throws -> [String: [StoredRow]] {
        var content: [String: [StoredRow]] = [:]
        for (path, identity) in try tap.identities() {
            for cell in try tap.stateCells() where cell.service == identity {
                content["\(path).\(cell.cell)"] = try tap.rows(of: cell, limit: .max)
            }
        }
        return content.filter { !$0.value.isEmpty }
    }

    @Test func howStateCameToBeDoesNotShow() throws {
        let (one, two) = (keeper("one"), keeper("two"))
        let first = try withOpenTap(application(one, two)) { tap in
            try tap.set(1, of: "one")
            try tap.set(2, of: "two")
            return try stateText(of: tap)
        }
        let second = try withOpenTap(application(keeper("gone"), two)) { tap in
            try tap.set(5, of: "gone")
            try tap.set(4, of: "two")
            _ = try tap.change(to: application(two, one))
            try tap.set(1, of: "one")
            _ = try tap.snapshot()
            try tap.set(2, of: "two")
            return try stateText(of: tap)
        }
        #expect(first == second)
        #expect(first.split(separator: "\n").count == 4)
    }

    @Test func aValueTooDeepForJSONInALineIsWrittenAsItIs() throws {
        let deep = [UInt8](repeating: 0x81, count: CBOR.maximumDepth - 1) + [0]
        let line = try #require(StateLine(service: "a", cell: "one", value: StoredValue(version: 1, bytes: deep)).text)
        #expect(line.contains("\"cbor\":"))
        #expect(try StateLine(line).value.bytes == deep)
    }

    @Test func aValueThatIsNoneIsNotWritten() throws {
        try withOpenTap(application(keeper("a"))) { tap in
            try tap.commit { try put(StoredValue(version: 1, bytes: [0xFF]), "by-text", .text("x"), of: "a", in: tap) }
            let problem = "a.state.by-text.x can't be read"
            #expect(tapError { _ = try stateText(of: tap) } == .damaged(path: tap.path, problem: problem))
        }
    }

    @Test func aLongStateIsHandedOverInPieces() throws {
        let wide = Datum.string(String(repeating: "x", count: 1000))
        try withOpenTap(application(keeper("a"))) { tap in
            try tap.commit {
                for number in 0..<2000 as Range<Int64> {
                    try put(stored(wide), "by-number", .integer(number), of: "a", in: tap)
                }
            }
            var sizes: [Int] = []
            #expect(try StateText.write(of: tap) { sizes.append($0.count) } == 2000)
            #expect(sizes.count > 30)
            #expect(sizes.allSatisfy { $0 < 70_000 })
            // And read in pieces that end anywhere.
            let text = try stateText(of: tap)
            try withTemporaryFolder { folder in
                try write(Array(text.utf8), to: folder + "/site.state")
                let state = InitialState(try StateTextSource(file: folder + "/site.state"), kinds: keepers)
                try Tap.make(folder + "/copy.tap", application(keeper("a")), state: state, by: ada)
                #expect(try stateText(of: folder + "/copy.tap") == text)
            }
        }
    }
}
