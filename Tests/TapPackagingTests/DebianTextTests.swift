@testable import TapPackaging
import Testing

@Suite struct DebianTextTests {
    @Test func wrapsParagraphsAndMarksEmptyLines() {
        let text = String(repeating: "word ", count: 20) + "\n\n\nnext\n"
        let first = " " + Array(repeating: "word", count: 15).joined(separator: " ")
        let second = " " + Array(repeating: "word", count: 5).joined(separator: " ")
        #expect(DebianText.fold(text) == "\(first)\n\(second)\n .\n next\n")
    }

    @Test func noLineBeginsWithAPeriod() {
        #expect(DebianText.fold(".\n.hidden files\n\n. x") == "  . .hidden files\n .\n  . x\n")
        let long = String(repeating: "x", count: 77) + " .conf y"
        #expect(DebianText.fold(long) == " " + String(repeating: "x", count: 77) + " .conf\n y\n")
    }

    @Test func keepsLinesThatBeginWithASpace() {
        #expect(DebianText.fold("Such as:\n  mktap   web\nand so on") == " Such as:\n  mktap   web\n and so on\n")
    }

    @Test func cannotBeLeftForAnotherField() {
        #expect(DebianText.fold("a\rb\r\nX: y\u{2028}Z: z\u{0}") == " a b X: y Z: z\n")
    }

    @Test func wordsLongerThanALineStayWhole() {
        let word = String(repeating: "x", count: 200)
        #expect(DebianText.fold("a \(word) b") == " a\n \(word)\n b\n")
    }
}
