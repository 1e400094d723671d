import TapData

/// Text that stays in its line, whatever is in it.
enum LineText {
    /// A text without line breaks, and without anything a terminal would obey: those are written as in JSON.
    static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: breaksOut) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where breaksOut(scalar):
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// A word that can be told from its neighbours: quoted as in JSON unless it is plain.
    static func quoted(_ value: Datum) -> String {
        guard case .string(let text) = value else { return escaped(JSONWriter.line(value)) }
        let isPlain =
            !text.isEmpty
            && text.unicodeScalars.allSatisfy { $0 != " " && $0 != "\"" && !breaksOut($0) }
        return isPlain ? text : escaped(JSONWriter.line(value))
    }

    /// The name before a `=`.
    static func name(_ key: String) -> String {
        key.unicodeScalars.contains("=") ? escaped(JSONWriter.line(.string(key))) : quoted(.string(key))
    }

    /// Control characters (Unicode, category Cc), and what else ends a line.
    private static func breaksOut(_ scalar: Unicode.Scalar) -> Bool {
        scalar < " " || ("\u{7F}"..."\u{9F}").contains(scalar) || scalar == "\u{2028}" || scalar == "\u{2029}"
    }
}
