import Glibc
import TapData
@testable import TapFile
import TapTesting
import Taproom
import Testing

@Suite(.timeLimit(.minutes(5))) struct InitialStateTests {
    private static let good = #"{"service":"a","cell":"count","version":1,"value":42}"#
    private static let row = #"{"service":"a","cell":"by-text","key":"x","version":1,"value":1}"#

    @Test(arguments: [
        ("", "site.state: is not a state text: it does not begin with {\"taproom-state\":1}"),
        ("taproom: 1\n", "site.state: is not a state text: it does not begin with {\"taproom-state\":1}"),
        (
            String(repeating: "x", count: 1_000_000),
            "site.state: is not a state text: it does not begin with {\"taproom-state\":1}"
        ),
        ("{\"taproom-state\":2}\n", "site.state:1: was written in format 2, and this program knows format 1"),
        ("{\"taproom-state\":1,\"x\":1}\n", "site.state:1: the first line says more than the format"),
        ("{\"taproom-state\":1}\n", "site.state:1: the text is cut off after this line"),
        ("{\"taproom-state\":1}\n\(good)\n", "site.state:2: the text is cut off after this line"),
        (stateText(good) + "\n", "site.state:3: the text goes on after its last line"),
        (stateText(good) + stateText(row), "site.state:3: the text goes on after its last line"),
    ])
    func aTextThatIsNotWholeIsRefused(text: String, description: String) throws {
        try expect(text, description)
    }

    @Test(arguments: [
        ("", "1: the text ends where a value is expected"),
        ("[1]", "1: must be a group of keys"),
        (#"{"service":"a","cell":"count","version":1,"value":4"#, "52: a comma or } is expected"),
        (#"{"service":"a","cell":"count","version":1,"vlaue":4}"#, #"43: "vlaue" is no key of a state text"#),
        (#"{"service":"a","cell":"count","version":1}"#, #" has no "value""#),
        (#"{"service":"a","cell":"count","value":1}"#, #" has no "version""#),
        (#"{"service":"a","version":1,"value":1}"#, #" has no "cell""#),
        (#"{"cell":"count","version":1,"value":1}"#, #" has no "service""#),
        (#"{"service":1,"cell":"count","version":1,"value":1}"#, #"2: "service" must be text, but is a whole number"#),
        (#"{"service":"a","cell":"count","version":0,"value":1}"#, #"31: "version" must be a number from 1, but is 0"#),
        (
            #"{"service":"a","cell":"count","version":"1","value":1}"#,
            #"31: "version" must be a whole number, but is text"#
        ),
        (
            #"{"service":"a","cell":"count","version":1,"value":1,"cbor":"AQ=="}"#,
            #"53: "cbor" stands beside another of its sort"#
        ),
        (#"{"service":"a","cell":"count","version":1,"cbor":"AQ"}"#, #"43: "cbor" must be base64"#),
        (
            #"{"service":"a","cell":"count","version":1,"cbor":"/w=="}"#,
            #"43: "cbor" is no CBOR: byte 1: an unknown simple value"#
        ),
        (
            #"{"service":"a","cell":"count","version":1,"value":"many"}"#,
            #" the value is none of "count" of the service "a": must be a whole number, but is text "many""#
        ),
        (
            #"{"service":"a","cell":"count","version":2,"value":1}"#,
            #" "count" of the service "a" is stored in version 2, and this program reads version 1. Use the program that wrote it, or a newer one."#
        ),
        (
            #"{"service":"a","cell":"count","key":1,"version":1,"value":1}"#,
            #" has a key, and "count" is a cell, which has none"#
        ),
        (#"{"service":"a","cell":"by-text","version":1,"value":1}"#, #" has no "key", and "by-text" is a table"#),
        (
            #"{"service":"a","cell":"by-text","key":1,"version":1,"value":1}"#,
            #" the key 1 is none that the table "by-text" can have"#
        ),
        (
            #"{"service":"a","cell":"by-number","key":"1","version":1,"value":1}"#,
            #" the key 1 is none that the table "by-number" can have"#
        ),
        (
            #"{"service":"a","cell":"by-number","key":1.5,"version":1,"value":1}"#,
            #"35: "key" must be text or a whole number, but is a number"#
        ),
        (
            #"{"service":"a","cell":"by-bytes","key-bytes":"AQ==","version":1,"value":1}"#,
            #" the key 0x01 is none that the table "by-bytes" can have"#
        ),
        (
            #"{"service":"a","cell":"by-bytes","key-bytes":"","version":1,"value":1}"#,
            #"34: "key-bytes" must be base64"#
        ),
        (
            #"{"service":"a","cell":"cuont","version":1,"value":1}"#,
            #" the kind "keeper" of the service "a" has no cell or table "cuont". Did you mean "count"?"#
        ),
        (#"{"service":"b","cell":"count","version":1,"value":1}"#, #" there is no service "b". Did you mean "a"?"#),
        (good, #" the cell "count" of the service "a" stands twice"#),
    ])
    func aLineThatIsWrongIsNamed(line: String, problem: String) throws {
        try expect(stateText(Self.good, line, Self.row), "site.state:3:\(problem)")
    }

    @Test func aRowThatStandsTwiceIsNamedWhereverItStands() throws {
        let other = #"{"service":"a","cell":"by-text","key":"a","version":1,"value":1}"#
        try expect(
            stateText(Self.row, other, Self.row),
            "site.state:4: the key x of \"by-text\" of the service \"a\" stands twice")
    }

    /// Nothing is left behind.
    private func expect(_ text: String, _ description: String) throws {
        try withTemporaryFolder { folder in
            let error = tapError {
                try Tap.make(folder + "/a.tap", application(keeper("a")), state: initial(text), by: ada)
            }
            #expect(error?.description == description)
            #expect(error?.exitStatus == .badData)
            try #expect(names(in: folder) == [])
        }
    }

    @Test func everyTruncationIsNoticed() throws {
        let text = Array(stateText(Self.good, Self.row).utf8)
        // Without the very last byte, the end of a line, it is still all there.
        for count in 0..<text.count - 1 {
            let source = StateTextSource(Array(text[..<count]), name: "site.state")
            #expect(throws: StateTextError.self, "\(count)") {
                try StateText.read(source, for: application(keeper("a")), kinds: keepers)
            }
        }
        let lines = StateTextSource(text.flatMap { $0 == UInt8(ascii: "\n") ? [13, $0] : [$0] }, name: "site.state")
        try StateText.read(lines, for: application(keeper("a")), kinds: keepers)
    }

    @Test func noDamageIsWorseThanAnError() throws {
        var random = SeededGenerator(seed: 7)
        let text = Array(stateText(Self.good, Self.row).utf8)
        var refused = 0
        for _ in 0..<2000 {
            var damaged = text
            for _ in 0...random.next(below: 3) {
                damaged[random.next(below: text.count)] = UInt8(truncatingIfNeeded: random.next())
            }
            do {
                let source = StateTextSource(damaged, name: "site.state")
                try StateText.read(source, for: application(keeper("a")), kinds: keepers)
            } catch is StateTextError {
                refused += 1
            }
        }
        #expect(refused > 1500)
    }

    @Test func aFileThatCannotBeReadIsNamed() throws {
        try withTemporaryFolder { folder in
            let missing = #expect(throws: StateTextError.self) { _ = try StateTextSource(file: folder + "/none") }
            #expect(missing?.description == "\(folder)/none: there is no such state text")
            #expect(missing?.exitStatus == .noInput)
            let error = tapError {
                let state = InitialState(try StateTextSource(file: folder), kinds: keepers)
                try Tap.make(folder + "/a.tap", application(), state: state, by: ada)
            }
            #expect(error?.description == "\(folder): is a folder, not a state text")
            try #expect(names(in: folder) == [])
        }
    }

    @Test func stateIsPartOfTheFirstRevision() throws {
        try withTap(application(keeper("a")), state: stateText(Self.good)) { tap in
            #expect(try tap.number("a", at: 1) == 42)
            try tap.set(43, of: "a")
            #expect(try tap.rollBack(1) == 3)
            #expect(try tap.number("a") == 42)
            #expect(try tap.cellVersions().map(\.version) == [1])
        }
    }

    @Test func anExistingTapIsReplacedOnlyWhenAskedFor() throws {
        try withTap { path in
            let before = try bytes(of: path)
            let make = { (text: String, replacing: Bool) in
                try Tap.make(path, application(keeper("a")), state: initial(text), replacing: replacing, by: ada)
            }
            #expect(tapError { try make(stateText(Self.good), false) } == .exists(path: path))
            #expect(tapError { try make(stateText(Self.good, Self.good), true) } != nil)
            #expect(try bytes(of: path) == before)
            try make(stateText(Self.good), true)
            #expect(try stateText(of: path) == stateText(Self.good))
            #expect(try names(in: String(path.dropLast("/site.tap".count))) == ["site.tap"])
        }
    }

    @Test func anEncryptedTapShowsNothingOfIt() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/site.tap"
            let text = stateText(#"{"service":"a","cell":"one","version":1,"value":"plainly"}"#)
            try Tap.make(path, application(keeper("a")), state: initial(text), passphrase: "open", by: ada)
            let content = try bytes(of: path)
            #expect(!content.indices.contains { content[$0...].starts(with: "plainly".utf8) })
            #expect(try stateText(of: path, "open") == text)
            let tap = try Tap(opening: path, for: .writing, passphrase: "open")
            try tap.set(1, of: "a")
            try tap.close()
        }
    }

    @Test(.enabled(if: geteuid() == 0)) func aFullDiskLeavesNothingBehind() throws {
        try withTinyDisk { folder in
            let wide = String(repeating: "x", count: 200_000)
            let text = stateText("{\"service\":\"a\",\"cell\":\"one\",\"version\":1,\"value\":\"\(wide)\"}")
            let error = tapError {
                try Tap.make(folder + "/a.tap", application(keeper("a")), state: initial(text), by: ada)
            }
            #expect(error?.description == "\(folder)/a.tap: cannot be read or written: database or disk is full")
            try #expect(names(in: folder) == [])
        }
    }
}
