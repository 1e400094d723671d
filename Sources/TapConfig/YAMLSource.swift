import CYAML
import TapData

/// A text and where its characters stand: libyaml counts characters, without the byte order mark.
struct YAMLSource {
    let bytes: [UInt8]
    /// Where each character begins; empty when all are of one byte.
    private let offsets: [Int]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let first = bytes.starts(with: mark) ? mark.count : 0
        // Continuation bytes of UTF-8 are no characters of their own.
        offsets = bytes.contains { $0 >= 0x80 } ? (first..<bytes.count).filter { bytes[$0] & 0xC0 != 0x80 } : []
    }

    /// Where a mark stands in the bytes.
    func offset(_ mark: yaml_mark_t) -> Int {
        let index = Int(mark.index)
        if offsets.isEmpty { return min(index, bytes.count) }
        return index < offsets.count ? offsets[index] : bytes.count
    }

    /// Line and column of an offset.
    func position(offset: Int) -> Position {
        let before = bytes.prefix(offset)
        let line = before.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        return Position(line: line.count, column: (line.last ?? []).count { $0 & 0xC0 != 0x80 } + 1)
    }

    // MARK: Lines, for errors only: each is looked for from the beginning.

    private var lines: [ArraySlice<UInt8>] {
        bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    }

    /// A line, from 1.
    func line(_ number: Int) -> ArraySlice<UInt8> {
        let lines = lines
        return lines.indices.contains(number - 1) ? lines[number - 1] : []
    }

    private func isFull(_ line: ArraySlice<UInt8>) -> Bool {
        let first = line.first { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") && $0 != UInt8(ascii: "\r") }
        return first != nil && first != UInt8(ascii: "#")
    }

    /// The nearest line above one that has more than a comment.
    func fullLine(before number: Int) -> Int? {
        lines.prefix(max(0, number - 1)).lastIndex(where: isFull).map { $0 + 1 }
    }

    /// The nearest line below one that has more than a comment.
    func fullLine(after number: Int) -> Int? { lines.dropFirst(number).firstIndex(where: isFull).map { $0 + 1 } }

    /// The last line that has more than a comment.
    var lastFullLine: Int { (lines.lastIndex(where: isFull) ?? 0) + 1 }

    /// The spaces that a line begins with.
    func indentation(_ number: Int) -> Int { line(number).prefix { $0 == UInt8(ascii: " ") }.count }

    /// Whether a line has a colon as keys have.
    func hasKey(_ number: Int) -> Bool {
        let line = line(number)
        return line.indices.contains { index in
            line[index] == UInt8(ascii: ":")
                && (index + 1 == line.endIndex || line[index + 1] == UInt8(ascii: " ")
                    || line[index + 1] == UInt8(ascii: "\t") || line[index + 1] == UInt8(ascii: "\r"))
        }
    }

    /// Whether a line begins with a dash.
    func isItem(_ number: Int) -> Bool { line(number).dropFirst(indentation(number)).starts(with: "- ".utf8) }

    /// Whether the value of a line's key is expected in the lines below it.
    func opens(_ number: Int) -> Bool {
        let line = line(number)
        var end = line.count
        while end > 0, " \t\r".utf8.contains(line[line.startIndex + end - 1]) { end -= 1 }
        return end == 0 || ":|>".utf8.contains(line[line.startIndex + end - 1])
    }

    /// How many bytes stand in a line up to a place and with it.
    func byteColumn(_ position: Position) -> Int {
        var characters = 0
        let line = line(position.line)
        for (index, byte) in line.enumerated() {
            if byte & 0xC0 != 0x80 { characters += 1 }
            if characters > position.column { return index }
        }
        return line.count
    }

    /// Whether nothing but spaces stands before a place in its line.
    func isFirst(_ position: Position) -> Bool { indentation(position.line) >= position.column - 1 }

    /// Whether what stands before a colon is the first word of its line.
    func textBegins(before colon: Position) -> Bool {
        let before = line(colon.line).prefix(max(0, byteColumn(colon) - 1))
        return !before.contains(UInt8(ascii: ":"))
    }

    /// Whether a tab stands at a place.
    func isTab(_ position: Position) -> Bool {
        let end = byteColumn(position)
        return end > 0 && line(position.line).dropFirst(end - 1).first == UInt8(ascii: "\t")
    }
}
