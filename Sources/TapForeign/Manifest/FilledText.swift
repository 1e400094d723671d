import TapData

/// A text of a manifest with settings in it: `--root={root}`.
struct FilledText: Sendable, Equatable {
    private enum Part: Sendable, Equatable {
        case text(String)
        case setting(String)
    }

    private let parts: [Part]

    /// The keys of the settings in it.
    var keys: [String] { parts.compactMap { if case .setting(let key) = $0 { key } else { nil } } }

    /// Reads a text; a name in braces is a setting, and all else is text.
    init(_ text: String) {
        var parts: [Part] = []
        var rest = text[...]
        var plain = ""
        while let start = rest.firstIndex(of: "{") {
            plain += rest[..<start]
            let behind = rest[rest.index(after: start)...]
            let key = behind.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == ".") }
            guard !key.isEmpty, key.endIndex < rest.endIndex, rest[key.endIndex] == "}" else {
                plain.append("{")
                rest = behind
                continue
            }
            if !plain.isEmpty { parts.append(.text(plain)) }
            plain = ""
            parts.append(.setting(String(key)))
            rest = rest[rest.index(after: key.endIndex)...]
        }
        plain += rest
        if !plain.isEmpty || parts.isEmpty { parts.append(.text(plain)) }
        self.parts = parts
    }

    /// The text with the values of settings.
    ///
    /// A setting that stands alone becomes as many texts as it has values; one in the middle of a text has them with commas.
    func texts(_ value: (String) -> Datum) -> [String] {
        if case .setting(let key)? = parts.first, parts.count == 1 { return FilledText.values(value(key)) }
        let text = parts.map { part in
            switch part {
            case .text(let text): text
            case .setting(let key): FilledText.values(value(key)).joined(separator: ",")
            }
        }
        return [text.joined()]
    }

    private static func values(_ datum: Datum) -> [String] {
        switch datum {
        case .null: []
        case .string(let text): [text]
        case .array(let elements): elements.flatMap(values)
        default: [JSONWriter.line(datum)]
        }
    }
}
