import TapData

extension TextWays {
    /// Ways to put an item into a list.
    func adding(_ value: Datum, at index: Int, to place: TextPlace) -> [[Replacement]] {
        guard case .array(let elements) = place.node.content else { return [] }
        guard let first = elements.first else { return setting(place, to: .array([value])) }
        guard text.isBlock(place.node) else {
            let isTall = text.isJSON && isTall(first)
            let item = bracketed(
                value, at: first.range.lowerBound, isTall: isTall, quotes: quotes(in: place.node))
            let before = index == 0 ? nil : index - 1
            return [BracketedItems(place.node, in: text).adding(item, after: before)].compactMap { $0 }
        }
        guard let list = BlockItems(place.node, in: text) else { return [] }
        let start = text.contentStart(first)
        let offset = text.lineStart(start) == text.lineStart(list.dashes[0]) ? start - list.dashes[0] : 2
        let areFlow = value.object != nil && elements.allSatisfy { text.isFlow($0) || text.alias(of: $0) != nil }
        let quotes = quotes(in: place.node)
        let item = areFlow ? writer.flow(value) : writer.item(value, at: list.column + offset, quotes: quotes)
        let lines = space(list.column) + "-" + space(max(1, offset - 1)) + item + writer.lineEnd
        return [true, false].map { isSpaced in
            [list.insertion(of: lines, after: index == 0 ? nil : index - 1, before: 0, isSpaced: isSpaced)]
        }
    }

    /// Ways to remove an item of a list.
    func removing(at index: Int, from node: Node) -> [[Replacement]] {
        guard case .array(let elements) = node.content, elements.indices.contains(index), elements.count > 1 else {
            return []
        }
        guard text.isBlock(node) else {
            return [BracketedItems(node, in: text).removing(index)].compactMap { $0 }
        }
        guard let list = BlockItems(node, in: text) else { return [] }
        guard text.isFirstInLine(list.dashes[index]) else {
            return index + 1 < list.dashes.count
                ? [[Replacement(list.dashes[index]..<list.dashes[index + 1], "")]] : []
        }
        // Comments above the first item may be about all of them.
        let takesComments = elements[index].members != nil && index > 0
        return BlockItems.Blank.allCases.map { blank in
            [Replacement(list.lines(of: index, withCommentsAbove: takesComments, blank), "")]
        }
    }

    /// Ways to move an item of a list.
    func moving(_ from: Int, _ to: Int, in node: Node) -> [[Replacement]] {
        guard let list = BlockItems(node, in: text), list.dashes.count > 1, text.isFirstInLine(list.dashes[0]) else {
            return []
        }
        let others = list.dashes.indices.filter { $0 != from }
        let item = text.bytes[list.lines(of: from, withCommentsAbove: true, .none)]
        let lines = String(decoding: item, as: UTF8.self)
        let blanks: [BlockItems.Blank] = list.isSpaced ? [.one, .none, .all] : [.none, .all]
        return blanks.map { blank in
            [
                Replacement(list.lines(of: from, withCommentsAbove: true, blank), ""),
                list.insertion(
                    of: lines, after: to == 0 ? nil : others[to - 1], before: others[0], isSpaced: blank != .none),
            ]
        }
    }
}

/// The items of a list that is told by its indentation, as lines.
private struct BlockItems {
    let dashes: [Int]
    let column: Int
    /// Whether there are blank lines between the items.
    let isSpaced: Bool
    private let elements: [Node]
    private let text: EditedText

    init?(_ node: Node, in text: EditedText) {
        guard let dashes = text.dashes(of: node), let first = dashes.first, case .array(let elements) = node.content
        else { return nil }
        let column = text.column(first)
        (self.dashes, self.elements, self.text, self.column) = (dashes, elements, text, column)
        isSpaced = zip(elements, dashes.dropFirst()).contains { element, dash in
            let start = text.startOfComments(above: dash, column: column)
            return start > text.lineAfter(element) && text.isBlank(text.lineStart(start - 1))
        }
    }

    /// Which blank lines around an item go with it.
    enum Blank: CaseIterable {
        /// One, if it stands between such lines.
        case one
        case none
        /// All below it, which would become part of what is above it.
        case all
    }

    /// The lines of an item.
    func lines(of index: Int, withCommentsAbove: Bool, _ blank: Blank) -> Range<Int> {
        let dash = dashes[index]
        var start = withCommentsAbove ? text.startOfComments(above: dash, column: column) : text.lineStart(dash)
        var end = endOfLines(of: index)
        if blank == .all { while text.isBlank(end) { end = text.nextLine(end) } }
        guard blank == .one else { return start..<end }
        let isLast = index + 1 == dashes.count
        if index > 0, start > text.lineAfter(elements[index - 1]),
            case let previous = text.lineStart(start - 1), text.isBlank(previous), isLast || text.isBlank(end)
        {
            start = previous
        } else if isSpaced, text.isBlank(end) {
            end = text.nextLine(end)
        }
        return start..<end
    }

    private func endOfLines(of index: Int) -> Int {
        let end = max(text.lineAfter(elements[index]), text.nextLine(dashes[index]))
        return text.endOfComments(end, deeperThan: column)
    }

    /// Lines put in behind an item, or in front of another.
    func insertion(of lines: String, after index: Int?, before first: Int, isSpaced: Bool) -> Replacement {
        let blank = isSpaced && self.isSpaced ? text.lineEnd : ""
        guard let index else {
            return Replacement(at: text.startOfComments(above: dashes[first], column: column), lines + blank)
        }
        return Replacement(at: endOfLines(of: index), blank + lines)
    }
}
