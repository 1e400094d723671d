import TapData

/// What an unquoted word of YAML means (YAML 1.2.2, section 10.3.2).
enum PlainScalar {
    static func datum(of text: String) -> Datum {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        default: return number(text) ?? .string(text)
        }
    }

    /// Whether a text is quoted for the sake of other programs, which take it for true, false or a merge key (YAML 1.1).
    static func isAmbiguous(_ text: String) -> Bool {
        ["y", "n", "yes", "no", "on", "off", "<<"].contains(text.lowercased())
    }

    private static func number(_ text: String) -> Datum? {
        guard let first = text.utf8.first, "+-.0123456789".utf8.contains(first) else { return nil }
        for (prefix, radix) in [("0o", 8), ("0x", 16)] where text.hasPrefix(prefix) {
            let digits = text.dropFirst(2)
            guard let first = digits.first, first != "-", first != "+" else { return nil }
            return Int64(digits, radix: radix).map { .integer($0) }
        }
        if let integer = Int64(text) { return .integer(integer) }
        // Only digits with a point or an exponent: Swift's own reader would also take "1_0", "0x1p3" and "nan".
        guard text.utf8.allSatisfy({ "+-.0123456789eE".utf8.contains($0) }), let number = Double(text), number.isFinite
        else {
            return nil
        }
        return .number(number)
    }
}
