import TapData

/// The ways in which a text can be changed to say something else, the neatest first.
///
/// They need not all be right: who takes one looks whether the text then says what it shall.
struct TextWays {
    let text: EditedText
    let writer: ValueText

    init(_ text: EditedText) {
        self.text = text
        writer = ValueText(text)
    }

    func ways(of change: TreeChange) -> [[Replacement]] {
        guard let place = TextPlace(change.path, in: text.root) else { return [] }
        switch change {
        case .set(_, let value): return setting(place, to: value)
        case .addKey(_, let key, let value, let preceding): return adding(key, value, after: preceding, to: place)
        case .removeKey(_, let key): return removing(key, from: place.node)
        case .addItem(_, let index, let value): return adding(value, at: index, to: place)
        case .removeItem(_, let index): return removing(at: index, from: place.node)
        case .moveItem(_, let from, let to): return moving(from, to, in: place.node)
        }
    }

    func space(_ count: Int) -> String { String(repeating: " ", count: count) }

    /// The quotes that all texts of a group or list are in, if they are all in the same.
    func quotes(in node: Node) -> ScalarText.Quotes {
        let values: [Node]
        switch node.content {
        case .scalar: return quotes(of: node)
        case .array(let elements): values = elements
        case .object(let members): values = members.map(\.value)
        }
        let found = values.compactMap { value in
            if case .scalar(.string) = value.content, text.alias(of: value) == nil { quotes(of: value) } else { nil }
        }
        guard let first = found.first, found.allSatisfy({ $0 == first }) else { return .plain }
        return first
    }

    /// The quotes of a text.
    func quotes(of node: Node) -> ScalarText.Quotes { quotes(at: text.contentStart(node)) }

    func quotes(at offset: Int) -> ScalarText.Quotes {
        switch text.byte(offset) {
        case UInt8(ascii: "\""): .double
        case UInt8(ascii: "'"): .single
        default: .plain
        }
    }

    /// The quotes that the keys of a group are in.
    func keyQuotes(in node: Node) -> ScalarText.Quotes {
        guard let last = node.members?.last else { return .plain }
        return quotes(at: last.keyRange.lowerBound)
    }

    /// A value in brackets: over several lines where what is around it is.
    func bracketed(_ datum: Datum, at offset: Int, isTall: Bool, quotes: ScalarText.Quotes) -> String {
        isTall
            ? writer.tall(datum, in: text.indentationText(offset), quotes: quotes) : writer.flow(datum, quotes: quotes)
    }
}
