import TapData

/// Writes lists and groups in the style of a text.
struct ValueText {
    let style: TextStyle
    let isJSON: Bool
    let lineEnd: String

    init(_ text: EditedText) {
        style = TextStyle(text)
        isJSON = text.isJSON
        lineEnd = text.lineEnd
    }

    /// A value in brackets, in one line.
    func flow(_ datum: Datum, quotes: ScalarText.Quotes = .plain) -> String {
        let comma = style.isSpaced ? ", " : ","
        switch datum {
        case .array(let elements): return "[" + elements.map { flow($0, quotes: quotes) }.joined(separator: comma) + "]"
        case .object(let object):
            let members = object.members.map { member($0.key, quotes: quotes) + flow($0.value, quotes: quotes) }
            return "{" + members.joined(separator: comma) + "}"
        default: return ScalarText.write(datum, quotes: quotes, isFlow: true, isJSON: isJSON)
        }
    }

    /// A key with its colon, as it stands in brackets.
    func member(_ key: String, quotes: ScalarText.Quotes) -> String {
        self.key(key, quotes: quotes, isFlow: true) + (style.isSpaced ? ": " : ":")
    }

    /// A key.
    func key(_ key: String, quotes: ScalarText.Quotes, isFlow: Bool) -> String {
        ScalarText.write(.string(key), quotes: quotes, isFlow: isFlow, isJSON: isJSON)
    }

    /// A value in brackets over several lines: groups and lists of groups a line for each member, indented more than what is
    /// around them.
    func tall(_ datum: Datum, in outer: String, quotes: ScalarText.Quotes) -> String {
        let inner = outer + style.level
        switch datum {
        case .object(let object) where !object.isEmpty:
            let members = object.members.map { key, value in
                inner + member(key, quotes: quotes) + tall(value, in: inner, quotes: quotes)
            }
            return "{" + lineEnd + members.joined(separator: "," + lineEnd) + lineEnd + outer + "}"
        case .array(let elements) where elements.contains { $0.object != nil }:
            let items = elements.map { inner + tall($0, in: inner, quotes: quotes) }
            return "[" + lineEnd + items.joined(separator: "," + lineEnd) + lineEnd + outer + "]"
        default: return flow(datum, quotes: quotes)
        }
    }

    /// What follows the colon of a key at a column: a value in its line, or in the lines below, without the last line end.
    func afterKey(_ datum: Datum, at column: Int, quotes: ScalarText.Quotes = .plain) -> String {
        if !isBlock(datum) { return " " + inline(datum, quotes: quotes) }
        if case .array = datum { return lineEnd + block(datum, at: column + style.listIndent, quotes: quotes) }
        return lineEnd + block(datum, at: column + style.indent, quotes: quotes)
    }

    /// Whether a value is written in lines of its own.
    func isBlock(_ datum: Datum) -> Bool {
        switch datum {
        case .array(let elements) where elements.contains { $0.object != nil }: true
        case .array(let elements): !elements.isEmpty && !style.listsAreFlow
        case .object(let object): !object.isEmpty && !style.groupsAreFlow
        default: false
        }
    }

    private func inline(_ datum: Datum, quotes: ScalarText.Quotes) -> String {
        switch datum {
        case .array, .object: flow(datum)
        default: ScalarText.write(datum, quotes: quotes, isFlow: false, isJSON: isJSON)
        }
    }

    /// The lines of a list or group at a column, without the last line end.
    func block(_ datum: Datum, at column: Int, quotes: ScalarText.Quotes = .plain) -> String {
        switch datum {
        case .array(let elements) where !elements.isEmpty:
            elements.map { space(column) + "- " + item($0, at: column + 2, quotes: quotes) }.joined(separator: lineEnd)
        case .object(let object) where !object.isEmpty:
            object.members.map { key, value in
                space(column) + self.key(key, quotes: .plain, isFlow: false) + ":"
                    + afterKey(value, at: column, quotes: quotes)
            }.joined(separator: lineEnd)
        default: space(column) + inline(datum, quotes: quotes)
        }
    }

    /// What follows the dash of an item, its first line without its indentation.
    func item(_ datum: Datum, at column: Int, quotes: ScalarText.Quotes = .plain) -> String {
        switch datum {
        case .array(let elements) where elements.isEmpty: "[]"
        case .object(let object) where object.isEmpty: "{}"
        case .array, .object: String(block(datum, at: column, quotes: quotes).dropFirst(column))
        default: inline(datum, quotes: quotes)
        }
    }

    private func space(_ count: Int) -> String { String(repeating: " ", count: count) }
}
