import TapData

/// A piece of text that takes the place of another.
struct Replacement {
    var range: Range<Int>
    var text: String

    init(_ range: Range<Int>, _ text: String) {
        self.range = range
        self.text = text
    }

    /// A piece that is put in.
    init(at offset: Int, _ text: String) { self.init(offset..<offset, text) }
}

/// A description's text with its tree, and the ways to find things in it.
struct EditedText {
    let bytes: [UInt8]
    let root: Node
    let isJSON: Bool

    /// Reads a text.
    ///
    /// Throws ``SyntaxError``.
    init(_ text: String) throws(SyntaxError) {
        bytes = Array(text.utf8)
        root = try DescriptionReader.tree(text)
        isJSON = DescriptionReader.isJSON(text)
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The text with some pieces replaced, if it can still be read and says what is expected.
    func replacing(_ pieces: [Replacement], expecting expected: Datum) -> EditedText? {
        var changed = bytes
        for piece in pieces.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }).reversed() {
            guard piece.range.lowerBound >= 0, piece.range.upperBound <= changed.count else { return nil }
            changed.replaceSubrange(piece.range, with: piece.text.utf8)
        }
        guard let text = String(validating: changed, as: UTF8.self), let edited = try? EditedText(text),
            edited.root.datum == expected
        else { return nil }
        return edited
    }

    // MARK: Lines

    /// What ends the lines of this text.
    var lineEnd: String {
        guard let index = bytes.firstIndex(of: UInt8(ascii: "\n")), index > 0 else { return "\n" }
        return bytes[index - 1] == UInt8(ascii: "\r") ? "\r\n" : "\n"
    }

    /// Where the line of an offset begins.
    func lineStart(_ offset: Int) -> Int {
        let start = (bytes[..<offset].lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1
        return start == 0 && bytes.starts(with: [0xEF, 0xBB, 0xBF]) && offset >= 3 ? 3 : start
    }

    /// Where the line after that of an offset begins.
    func nextLine(_ offset: Int) -> Int {
        bytes[offset...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.count
    }

    /// The spaces before the first other character of the line that begins at an offset.
    func indentation(_ lineStart: Int) -> Int {
        bytes[lineStart...].prefix { $0 == UInt8(ascii: " ") }.count
    }

    /// How many bytes stand before an offset in its line.
    func column(_ offset: Int) -> Int { offset - lineStart(offset) }

    /// Whether only spaces stand before an offset in its line.
    func isFirstInLine(_ offset: Int) -> Bool { bytes[lineStart(offset)..<offset].allSatisfy(EditedText.isSpace) }

    /// The spaces or tabs that the line of an offset begins with.
    func indentationText(_ offset: Int) -> String {
        String(decoding: bytes[lineStart(offset)..<offset].prefix(while: EditedText.isSpace), as: UTF8.self)
    }

    /// Whether the line that begins at an offset has nothing in it.
    func isBlank(_ lineStart: Int) -> Bool {
        lineStart < bytes.count && bytes[lineStart..<nextLine(lineStart)].allSatisfy(EditedText.isSpace)
    }

    /// Whether the line that begins at an offset has only a comment in it.
    func isComment(_ lineStart: Int) -> Bool {
        !isJSON && bytes[lineStart..<nextLine(lineStart)].first { !EditedText.isSpace($0) } == UInt8(ascii: "#")
    }

    static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
            || byte == UInt8(ascii: "\n")
    }

    // MARK: Values

    /// The next character that is neither space nor in a comment.
    func significant(from offset: Int) -> Int {
        var offset = offset
        while offset < bytes.count {
            if !isJSON, bytes[offset] == UInt8(ascii: "#") {
                offset = nextLine(offset)
            } else if EditedText.isSpace(bytes[offset]) {
                offset += 1
            } else {
                break
            }
        }
        return offset
    }

    /// The next character that is neither space nor in a comment, if it is a certain one.
    func next(_ character: Unicode.Scalar, from offset: Int) -> Int? {
        let found = significant(from: offset)
        return found < bytes.count && bytes[found] == UInt8(ascii: character) ? found : nil
    }

    func byte(_ offset: Int) -> UInt8? { bytes.indices.contains(offset) ? bytes[offset] : nil }

    /// Where a value begins behind its anchor.
    func contentStart(_ node: Node) -> Int {
        let start = node.range.lowerBound
        guard !isJSON, byte(start) == UInt8(ascii: "&"), !node.range.isEmpty else { return start }
        let end = bytes[start...].firstIndex(where: EditedText.isSpace) ?? bytes.count
        return significant(from: end)
    }

    /// The name of the anchor that a value has.
    func anchor(of node: Node) -> String? { name(of: node, after: "&") }

    /// The name of the alias that stands for a value.
    func alias(of node: Node) -> String? { name(of: node, after: "*") }

    private func name(of node: Node, after mark: Unicode.Scalar) -> String? {
        let start = node.range.lowerBound
        guard !isJSON, !node.range.isEmpty, byte(start) == UInt8(ascii: mark) else { return nil }
        let name = bytes[(start + 1)..<node.range.upperBound].prefix {
            !EditedText.isSpace($0) && !",[]{}".utf8.contains($0)
        }
        return String(decoding: name, as: UTF8.self)
    }

    /// Whether a value is a list or group in brackets.
    func isFlow(_ node: Node) -> Bool {
        if isJSON { return true }
        let first = byte(contentStart(node))
        return first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
    }

    /// Whether a value is a list or group that is told by its indentation.
    func isBlock(_ node: Node) -> Bool {
        if case .scalar = node.content { return false }
        return !isFlow(node) && alias(of: node) == nil
    }

    /// Whether a value is text in lines of its own: after | or >.
    func isBlockText(_ node: Node) -> Bool {
        guard !isJSON, case .scalar = node.content, !node.range.isEmpty else { return false }
        let first = byte(contentStart(node))
        return first == UInt8(ascii: "|") || first == UInt8(ascii: ">")
    }

    /// Where the line after the last one of a value begins, with lines that belong to it.
    func lineAfter(_ node: Node) -> Int {
        guard let text = lastText(node) else { return nextLine(node.range.upperBound) }
        let header = contentStart(text)
        let isKeeping = bytes[header..<nextLine(header)].prefix { $0 != UInt8(ascii: "#") }.contains(UInt8(ascii: "+"))
        var end = text.range.upperBound
        if end > 0, byte(end - 1) != UInt8(ascii: "\n") { end = nextLine(end) }
        if isKeeping { return end }
        // Blank lines behind a text say nothing.
        while end > header, case let previous = lineStart(end - 1), previous > header, isBlank(previous) {
            end = previous
        }
        return end
    }

    /// The text in lines of its own that a value ends with.
    func lastText(_ node: Node) -> Node? {
        switch node.content {
        case .scalar: isBlockText(node) ? node : nil
        case .array(let elements): isBlock(node) ? elements.last.flatMap(lastText) : nil
        case .object(let members): isBlock(node) ? (members.last?.value).flatMap(lastText) : nil
        }
    }

    /// Where the lines end that belong to what ends before an offset: comments that are indented deeper than it.
    func endOfComments(_ offset: Int, deeperThan column: Int) -> Int {
        var end = offset
        while end < bytes.count, isComment(end), indentation(end) > column { end = nextLine(end) }
        return end
    }

    /// Where the comment lines begin that stand directly above an offset, indented as much.
    func startOfComments(above offset: Int, column: Int) -> Int {
        var start = lineStart(offset)
        while start > 0, case let previous = lineStart(start - 1), previous < start, isComment(previous),
            indentation(previous) == column
        {
            start = previous
        }
        return start
    }

    /// Where the dashes of a block list stand, one for each item; nil when they can't be found.
    func dashes(of node: Node) -> [Int]? {
        guard isBlock(node), case .array(let elements) = node.content else { return nil }
        var dashes: [Int] = []
        var offset = contentStart(node)
        for element in elements {
            guard let dash = next("-", from: offset) else { return nil }
            dashes.append(dash)
            offset = max(dash + 1, element.range.upperBound)
        }
        return dashes
    }
}
