/// Writes JSON text (RFC 8259).
///
/// Bytes become base64 text; an infinite number becomes null, for JSON has no word for it.
package enum JSONWriter {
    /// One line without spaces, members in the order they have.
    package static func line(_ datum: Datum) -> String {
        var text = ""
        write(datum, to: &text, indent: nil)
        return text
    }

    /// Several lines, two spaces a level, for people.
    package static func pretty(_ datum: Datum) -> String {
        var text = ""
        write(datum, to: &text, indent: 0)
        return text
    }

    private static func write(_ datum: Datum, to text: inout String, indent: Int?) {
        switch datum {
        case .null: text += "null"
        case .bool(let bool): text += bool ? "true" : "false"
        case .integer(let integer): text += String(integer)
        case .number(let number): text += number.isFinite ? String(number) : "null"
        case .string(let string): quote(string, to: &text)
        case .bytes(let bytes): quote(Base64.encode(bytes), to: &text)
        case .array(let elements):
            list(elements, between: ("[", "]"), to: &text, indent: indent) { element, text, inner in
                write(element, to: &text, indent: inner)
            }
        case .object(let object):
            list(object.members, between: ("{", "}"), to: &text, indent: indent) { member, text, inner in
                quote(member.key, to: &text)
                text += indent == nil ? ":" : ": "
                write(member.value, to: &text, indent: inner)
            }
        }
    }

    private static func list<Element>(
        _ elements: [Element], between brackets: (String, String), to text: inout String, indent: Int?,
        write: (Element, inout String, Int?) -> Void
    ) {
        text += brackets.0
        let inner = indent.map { $0 + 2 }
        for (index, element) in elements.enumerated() {
            if index > 0 { text += "," }
            if let inner { text += "\n" + String(repeating: " ", count: inner) }
            write(element, &text, inner)
        }
        if let indent, !elements.isEmpty { text += "\n" + String(repeating: " ", count: indent) }
        text += brackets.1
    }

    private static func quote(_ string: String, to text: inout String) {
        text += "\""
        defer { text += "\"" }
        // Most texts go as they are, which is much faster at once.
        let isPlain = string.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C && $0 != 0x7F }
        guard !isPlain else {
            text += string
            return
        }
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{0}"..<" ", "\u{7F}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
    }
}
