import TapData

/// Writes a single value in the way its neighbours are written.
enum ScalarText {
    enum Quotes {
        /// As it needs to be.
        case plain
        case single, double
    }

    /// A value in one line.
    ///
    /// - Parameters:
    ///   - datum: the value; of lists and groups nothing is written.
    ///   - quotes: those for text, when text can be written in them.
    ///   - isFlow: whether it stands in brackets, where fewer words can do without quotes.
    ///   - isJSON: whether only JSON's quotes are allowed.
    /// - Returns: the text.
    static func write(_ datum: Datum, quotes: Quotes, isFlow: Bool, isJSON: Bool) -> String {
        guard case .string(let string) = datum else { return JSONWriter.line(datum) }
        if isJSON || quotes == .double { return double(string) }
        let single = "'" + string.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
        if quotes == .single { return isReadBack(single, as: datum, isFlow) ? single : double(string) }
        return !PlainScalar.isAmbiguous(string) && isReadBack(string, as: datum, isFlow) ? string : double(string)
    }

    /// Text in double quotes, which hold any text.
    private static func double(_ string: String) -> String {
        JSONWriter.line(.string(string)).unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar {
            // What YAML takes for the end of a line, and what it does not take at all (YAML 1.2.2, section 5.1).
            case "\u{80}"..."\u{9F}", "\u{2028}", "\u{2029}", "\u{FEFF}", "\u{FFFE}", "\u{FFFF}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
    }

    private static func isReadBack(_ text: String, as datum: Datum, _ isFlow: Bool) -> Bool {
        guard !text.isEmpty, !text.contains(where: \.isNewline) else { return false }
        if isFlow { return (try? YAMLReader.read("[\(text), \(text)]"))?.datum == .array([datum, datum]) }
        return (try? YAMLReader.read("k: \(text) # c\n"))?.datum == .object(["k": datum])
    }

    /// Text in lines of its own, as after a key; nil when it can't be written so.
    ///
    /// - Parameters:
    ///   - string: the text.
    ///   - isFolded: whether its lines are folded: only text of one line is written so.
    ///   - indent: the spaces before each line.
    ///   - lineEnd: what ends lines.
    /// - Returns: the text from its mark to the end of its last line.
    static func block(_ string: String, isFolded: Bool, indent: Int, lineEnd: String) -> String? {
        let body = string.hasSuffix("\n") ? String(string.dropLast()) : string
        guard !body.isEmpty, !body.hasPrefix(" "), !body.hasSuffix("\n") else { return nil }
        let lines = body.split(separator: "\n", omittingEmptySubsequences: false)
        let mark = (isFolded && lines.count == 1 ? ">" : "|") + (string.hasSuffix("\n") ? "" : "-")
        let space = String(repeating: " ", count: indent)
        return mark + lines.map { lineEnd + ($0.isEmpty ? "" : space + $0) }.joined()
    }
}
