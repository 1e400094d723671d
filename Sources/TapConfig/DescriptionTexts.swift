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
        (self.own, self.extended) = (own, extended)
        if own.utf8.last != UInt8(ascii: "\n") { mark = "\n" + mark }
    }

    /// Finds the documents of a text.
    package init(_ text: String) {
        own = text
        var bytes = text
        guard !DescriptionReader.isJSON(text), let line = bytes.withUTF8(DescriptionTexts.secondMark) else { return }
        let utf8 = text.utf8
        let start = utf8.index(utf8.startIndex, offsetBy: line.lowerBound)
        let end = utf8.index(utf8.startIndex, offsetBy: line.upperBound)
        (own, mark, extended) = (String(text[..<start]), String(text[start..<end]), String(text[end...]))
    }

    /// Both as one text.
    package var joined: String { extended.map { own + mark + $0 } ?? own }

    /// Where the second document stands: offsets in the UTF-8 of the text.
    var extendedOffset: Int { own.utf8.count + mark.utf8.count }

    /// The line that begins a second document: offsets.
    ///
    /// At the beginning of a line the three hyphens mean nothing else, wherever they stand in a document.
    private static func secondMark(in bytes: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
        var (start, isBegun) = (bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0, false)
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.count
            let line = bytes[start..<end]
            if line.starts(with: "---".utf8), line.dropFirst(3).first.map(isSpace) ?? true {
                let isAlone = line.dropFirst(3).allSatisfy(isSpace)
                if isBegun { return start..<(isAlone ? end : start + 3) }
                isBegun = true
            } else if !isBegun, let first = line.first(where: { !isSpace($0) }), first != UInt8(ascii: "#"),
                line.first != UInt8(ascii: "%")
            {
                isBegun = true
            }
            start = end
        }
        return nil
    }

    private static func isSpace(_ byte: UInt8) -> Bool { " \t\r\n".utf8.contains(byte) }

    /// Whether a text has a word anywhere: found in the time that it takes to read it.
    private static func has(_ word: StaticString, _ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            word.withUTF8Buffer { word in
                bytes.indices.contains { bytes[$0] == word.first && bytes[$0...].starts(with: word) }
            }
        }
    }
}

extension DescriptionTexts {
    /// The path of the description that one in a file extends, as it is written; nil: it extends none, or can't be read.
    ///
    /// Throws ``DescriptionError`` when the other one can't be put behind it.
    package static func extendedPath(in text: String, file: String) throws(DescriptionError) -> String? {
        // Most descriptions need no second look.
        guard has("extends", text) else { return nil }
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
