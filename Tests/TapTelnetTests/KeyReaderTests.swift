import Testing

@testable import TapTelnet

/// The keys that bytes of terminals stand for.
struct KeyReaderTests {
    private func keys(_ bytes: some Sequence<UInt8>) -> [Key] {
        var reader = KeyReader()
        return bytes.flatMap { reader.read($0) }
    }

    private func keys(_ text: String) -> [Key] { keys(text.utf8) }

    @Test func charactersOfAllLengthsArePutTogether() {
        #expect(keys("aä€😀") == [.character("a"), .character("ä"), .character("€"), .character("😀")])
    }

    @Test(arguments: [[0x80], [0xC0, 0x80], [0xFF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80]] as [[UInt8]])
    func whatIsNoTextIsSeen(bytes: [UInt8]) { #expect(keys(bytes).contains(.character("\u{FFFD}"))) }

    @Test func aCharacterThatIsBrokenOffDoesNotSwallowTheNext() {
        #expect(keys([0xE2, 0x82, 0x41]) == [.character("\u{FFFD}"), .character("A")])
    }

    @Test func controlCharactersThatAreWrittenInTwoBytesAreNothing() { #expect(keys("\u{9B}31m") == keys("31m")) }

    @Test(arguments: ["a\r\nb", "a\r\0b", "a\nb", "a\rb"])
    func eachLineEndIsOne(text: String) { #expect(keys(text) == [.character("a"), .enter, .character("b")]) }

    @Test func twoLineEndsAreTwo() {
        #expect(keys("\r\n\r\n") == [.enter, .enter])
        #expect(keys("\n\n") == [.enter, .enter])
        #expect(keys("\r\r") == [.enter, .enter])
    }

    @Test(
        arguments: [
            ("\u{1B}[A", .up), ("\u{1B}OA", .up), ("\u{1B}[B", .down), ("\u{1B}[C", .right), ("\u{1B}[D", .left),
            ("\u{1B}[H", .home), ("\u{1B}[1~", .home), ("\u{1B}[7~", .home), ("\u{1B}OF", .end), ("\u{1B}[4~", .end),
            ("\u{1B}[3~", .delete), ("\u{1B}[1;5C", .wordRight), ("\u{1B}[1;5D", .wordLeft), ("\u{1B}b", .wordLeft),
            ("\u{1B}f", .wordRight), ("\u{01}", .home), ("\u{02}", .left), ("\u{03}", .interrupt),
            ("\u{04}", .endOfInput),
            ("\u{05}", .end), ("\u{06}", .right), ("\u{08}", .backspace), ("\u{7F}", .backspace), ("\t", .tab),
            ("\u{0B}", .deleteToEnd), ("\u{0C}", .clear), ("\u{0E}", .down), ("\u{10}", .up),
            ("\u{15}", .deleteToStart),
            ("\u{17}", .deleteWord),
        ] as [(String, Key)])
    func eachKeyIsKnown(text: String, key: Key) { #expect(keys(text + "x") == [key, .character("x")]) }

    @Test(arguments: ["\u{1B}[5~", "\u{1B}[38;5;1m", "\u{1B}OP", "\u{1B}q", "\u{1B}\u{1B}[99X"])
    func otherSequencesAreNothing(text: String) { #expect(keys(text + "x") == [.character("x")]) }

    @Test func aSequenceWithoutAnEndIsGivenUp() {
        #expect(keys("\u{1B}[" + String(repeating: "1", count: 1000) + "A").count < 1000)
    }
}
