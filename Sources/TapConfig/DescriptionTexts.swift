import TapData

/// The text of a description, and behind it that of the one it extends: two documents of one YAML stream.
///
/// In this form it is kept in taps and sent: nobody who reads it needs the files again. The second document is whatever
/// stands behind the line `---` that ends the first (YAML 1.2.2, section 9.1.2), also JSON.
package struct DescriptionTexts {
    /// The description.
    package var own: String
    /// The line between them.
    private var mark = "---\n"
    /// The one it extends; nil: there is no second document.
    package var extended: String?

    /// A description and the one it extends.
    package init(own: String, extended: String?) {
        self.own = own.utf8.last == UInt8(ascii: "\n") ? own : own + "\n"
        self.extended = extended
    }

    /// Finds the documents of a text.
    package init(_ text: String) {
        own = text
        guard !DescriptionReader.isJSON(text), let line = DescriptionTexts.secondMark(in: text) else { return }
        let rest = text.utf8[line.upperBound...]
        own = String(text[..<line.lowerBound])
        mark = String(text[line])
        extended = String(rest) ?? ""
    }

    /// Both as one text.
    package var joined: String { extended.map { own + mark + $0 } ?? own }

    /// Where the second document stands: offsets in the UTF-8 of the text.
    var extendedOffset: Int { own.utf8.count + mark.utf8.count }

    /// The line that begins a second document.
    ///
    /// At the beginning of a line the three hyphens mean nothing else, wherever they stand in a document.
    private static func secondMark(in text: String) -> Range<String.Index>? {
        let bytes = text.utf8
        var (start, isBegun) = (bytes.startIndex, false)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { start = bytes.index(start, offsetBy: 3) }
        while start < bytes.endIndex {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")).map(bytes.index(after:)) ?? bytes.endIndex
            let line = bytes[start..<end]
            let after = line.dropFirst(3).first
            if line.starts(with: "---".utf8), after.map(isSpace) ?? true {
                if isBegun {
                    let isAlone = line.dropFirst(3).allSatisfy(isSpace)
                    return start..<(isAlone ? end : bytes.index(start, offsetBy: 3))
                }
                isBegun = true
            } else if let first = line.first(where: { !isSpace($0) }), first != UInt8(ascii: "#"),
                line.first != UInt8(ascii: "%")
            {
                isBegun = true
            }
            start = end
        }
        return nil
    }

    private static func isSpace(_ byte: UInt8) -> Bool { " \t\r\n".utf8.contains(byte) }
}

extension DescriptionTexts {
    /// The path of the description that one in a file extends, as it is written; nil: it extends none, or can't be read.
    ///
    /// Throws ``DescriptionError`` when the other one can't be put behind it.
    package static func extendedPath(in text: String, file: String) throws(DescriptionError) -> String? {
        // Most descriptions need no second look.
        guard text.contains("extends") else { return nil }
        let texts = DescriptionTexts(text)
        guard let root = try? DescriptionReader.tree(texts.own),
            let path = try DescriptionDocuments.extended(by: root, file)
        else { return nil }
        if DescriptionReader.isJSON(text) {
            throw DescriptionError(file, path.position, "extends", "is for descriptions in YAML; write this one so")
        }
        guard texts.extended == nil else {
            let line = texts.own.utf8.count { $0 == UInt8(ascii: "\n") } + 1
            throw DescriptionError(
                file, Position(line: line, column: 1), "",
                "a second document begins; a file that extends another has only one")
        }
        return path.text
    }
}
