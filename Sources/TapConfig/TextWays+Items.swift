import TapData

extension TextWays {
    /// Ways to put an item into a list.
    func adding(_ value: Datum, at index: Int, to place: TextPlace) -> [[Replacement]] {
        guard case .array(let elements) = place.node.content else { return [] }
        guard let first = elements.first else { return setting(place, to: .array([value])) }
        guard text.isBlock(place.node) else {
            let column = text.column(first.range.lowerBound)
            let item = bracketed(value, at: column, isTall: text.isJSON && isTall(first), quotes: quotes(in: place.node))
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
        return [[list.insertion(of: lines, after: index == 0 ? nil : index - 1, before: 0)]]
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
        return [[Replacement(list.lines(of: index, withCommentsAbove: takesComments, withBlank: true), "")]]
    }

    /// Ways to move an item of a list.
    func moving(_ from: Int, _ to: Int, in node: Node) -> [[Replacement]] {
        guard let list = BlockItems(node, in: text), list.dashes.count > 1, text.isFirstInLine(list.dashes[0]) else {
            return []
        }
        let others = list.dashes.indices.filter { $0 != from }
        let item = text.bytes[list.lines(of: from, withCommentsAbove: true, withBlank: false)]
        let cut = list.lines(of: from, withCommentsAbove: true, withBlank: list.isSpaced)
        let lines = String(decoding: item, as: UTF8.self)
        return [
            [
                Replacement(cut, ""),
                list.insertion(of: lines, after: to == 0 ? nil : others[to - 1], before: others[0]),
            ]
        ]
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
        isSpaced = dashes.dropFirst().contains { dash in
            let start = text.startOfComments(above: dash, column: column)
            return start > 0 && text.isBlank(text.lineStart(start - 1))
        }
    }

    /// The lines of an item.
    func lines(of index: Int, withCommentsAbove: Bool, withBlank: Bool) -> Range<Int> {
        let dash = dashes[index]
        var start = withCommentsAbove ? text.startOfComments(above: dash, column: column) : text.lineStart(dash)
        var end = endOfLines(of: index)
        guard withBlank else { return start..<end }
        let isLast = index + 1 == dashes.count
        if index > 0, start > 0, case let previous = text.lineStart(start - 1), text.isBlank(previous),
            isLast || text.isBlank(end)
        {
            start = previous
        } else if text.isBlank(end) {
            end = text.nextLine(end)
        }
        return start..<end
    }

    private func endOfLines(of index: Int) -> Int {
        let end = max(text.lineAfter(elements[index]), text.nextLine(dashes[index]))
        return text.endOfComments(end, deeperThan: column)
    }

    /// Lines put in behind an item, or in front of another.
    func insertion(of lines: String, after index: Int?, before first: Int) -> Replacement {
        let blank = isSpaced ? text.lineEnd : ""
        guard let index else {
            return Replacement(at: text.startOfComments(above: dashes[first], column: column), lines + blank)
        }
        return Replacement(at: endOfLines(of: index), blank + lines)
    }
}
