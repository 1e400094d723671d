import TapData

/// The members of a list or group in brackets.
struct BracketedItems {
    private let text: EditedText
    private let node: Node
    private let ranges: [Range<Int>]

    init(_ node: Node, in text: EditedText) {
        (self.node, self.text) = (node, text)
        switch node.content {
        case .scalar: ranges = []
        case .array(let elements): ranges = elements.map(\.range)
        case .object(let members):
            ranges = members.map {
                $0.keyRange.lowerBound..<max($0.keyRange.upperBound, $0.value.range.upperBound)
            }
        }
    }

    private var comma: String { TextStyle(text).isSpaced ? ", " : "," }

    /// Puts one in behind another, or in front of all.
    func adding(_ item: String, after index: Int?) -> [Replacement]? {
        guard let first = ranges.first?.lowerBound else {
            return [Replacement(at: text.contentStart(node) + 1, item)]
        }
        let isTall = text.isFirstInLine(first)
        let line = (isTall ? text.indentationText(first) : "") + item
        guard let index else {
            return isTall
                ? [Replacement(at: text.lineStart(first), line + "," + text.lineEnd)]
                : [Replacement(at: first, item + comma)]
        }
        let end = ranges[index].upperBound
        if let found = text.next(",", from: end) {
            if !isTall { return [Replacement(at: found + 1, comma.dropFirst() + item + ",")] }
            return isLast(found + 1)
                ? [Replacement(at: text.nextLine(found), line + "," + text.lineEnd)]
                : [Replacement(at: found + 1, text.lineEnd + line + ",")]
        }
        if !isTall { return [Replacement(at: end, comma + item)] }
        if !isLast(end) { return [Replacement(at: end, "," + text.lineEnd + line)] }
        return [Replacement(at: end, ","), Replacement(at: text.nextLine(end), line + text.lineEnd)]
    }

    /// Takes one out.
    func removing(_ index: Int) -> [Replacement]? {
        guard ranges.indices.contains(index) else { return nil }
        let (start, end) = (ranges[index].lowerBound, ranges[index].upperBound)
        let isFirst = text.isFirstInLine(start)
        if let comma = text.next(",", from: end) {
            if isFirst, isLast(comma + 1) {
                return [Replacement(text.lineStart(start)..<text.nextLine(comma), "")]
            }
            let rest = text.bytes[(comma + 1)...].prefix { $0 == UInt8(ascii: " ") }.count
            return [Replacement(start..<(comma + 1 + rest), "")]
        }
        guard index > 0, let comma = text.next(",", from: ranges[index - 1].upperBound) else {
            return [Replacement(start..<end, "")]
        }
        guard text.lineStart(comma) < text.lineStart(start) else { return [Replacement(comma..<end, "")] }
        let item = isFirst && isLast(end) ? text.lineStart(start)..<text.nextLine(end) : start..<end
        return [Replacement(comma..<(comma + 1), ""), Replacement(item, "")]
    }

    /// Whether only a comment follows in the line.
    private func isLast(_ offset: Int) -> Bool {
        let rest = text.bytes[offset..<text.nextLine(offset)].drop(while: EditedText.isSpace)
        return rest.isEmpty || !text.isJSON && rest.first == UInt8(ascii: "#")
    }
}
