/// The form of a long description in Debian's control files (Policy 5.6.13).
enum DebianText {
    private static let width = 78

    /// Paragraphs wrapped to lines that begin with a space, and a lone period for each empty line between them.
    ///
    /// Lines that begin with white space are kept as they are, with a second space. A period that a line begins with
    /// would mean something, and so never stands there.
    static func fold(_ text: String) -> String {
        var lines: [String] = []
        var words: [Substring] = []
        func endParagraph() {
            lines += wrap(words)
            words = []
        }
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            if line.isBlank {
                endParagraph()
                if lines.last != " .", !lines.isEmpty { lines.append(" .") }
            } else if line.first?.isWhitespace == true {
                endParagraph()
                lines.append("  " + printable(line.drop(while: \.isWhitespace)))
            } else {
                words += line.split(whereSeparator: \.isWhitespace)
            }
        }
        endParagraph()
        while lines.last == " ." { lines.removeLast() }
        return lines.map { $0 + "\n" }.joined()
    }

    /// Paragraphs wrapped to lines, as in a file for people.
    static func plain(_ text: String) -> String {
        fold(text).split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0 == " ." ? "" : $0.dropFirst() }.joined(separator: "\n")
    }

    private static func wrap(_ words: [Substring]) -> [String] {
        var lines: [String] = []
        for word in words.map(printable) {
            if let last = lines.last, last.count + 1 + word.count <= width || word.hasPrefix(".") {
                lines[lines.count - 1] = last + " " + word
            } else {
                // Two spaces: shown as it is, so that the period has no meaning.
                lines.append((word.hasPrefix(".") ? "  " : " ") + word)
            }
        }
        return lines
    }

    private static func printable(_ text: Substring) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.properties.generalCategory != .control }))
    }
}
