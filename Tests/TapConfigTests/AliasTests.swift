@testable import TapConfig
import TapData
import TapTesting
import Taproom
import Testing

/// Values that are written once and used several times.
@Suite struct AliasTests {
    @Test func anAliasIsTheValueOfItsAnchor() throws {
        let text = "a: &x {b: [1, &y two]}\nc: *x\nd: [*y, *x]\n"
        let shared = Datum.object(["b": .array([.integer(1), .string("two")])])
        #expect(
            try YAMLReader.read(text).datum
                == .object(["a": shared, "c": shared, "d": .array([.string("two"), shared])]))
    }

    @Test func theLastAnchorOfANameCounts() throws {
        #expect(
            try YAMLReader.read("- &a 1\n- *a\n- &a 2\n- *a\n").datum
                == .array([.integer(1), .integer(1), .integer(2), .integer(2)]))
    }

    @Test func aMistakeInAnAliasedValueIsShownWhereTheAliasStands() {
        let text = """
            taproom: 1
            services:
            - kind: group
              name: &shared inner
              services: []
            - kind: greeter
              limits:
                clients: *shared
            """
        let error = #expect(throws: DescriptionError.self) {
            try DescriptionReader.read(text, file: "site.yaml", folder: nil, kinds: KindList([Greeter.self]))
        }
        #expect(
            error?.description
                == "site.yaml:8:14: services[1].limits.clients must be a whole number, but is text \"inner\"")
    }

    @Test func aFewAliasesDoNotFillTheMemory() {
        var text = "- &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...20 {
            text += "- &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ") + "]\n"
        }
        let error = #expect(throws: SyntaxError.self) { try YAMLReader.read(text) }
        #expect(error?.problem == "aliases stand for more than 100000 values; write fewer of them")
        #expect(error?.position.line == 5)
    }

    @Test func aliasesDoNotNestDeeperThanTheTextMay() {
        var text = "- &a0 [x]\n"
        for level in 1...200 { text += "- &a\(level) [*a\(level - 1)]\n" }
        let error = #expect(throws: SyntaxError.self) { try YAMLReader.read(text) }
        #expect(error?.problem == "values are nested more than 128 deep")
    }

    @Test func manyValuesWithoutAliasesAreFine() throws {
        let text = "[" + String(repeating: "1, ", count: 150_000) + "1]"
        guard case .array(let elements) = try YAMLReader.read(text).datum else {
            Issue.record("no list")
            return
        }
        #expect(elements.count == 150_001)
    }
}
