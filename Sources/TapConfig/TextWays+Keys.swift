import TapData

extension TextWays {
    /// Ways to add a key to a group, behind the last of some others.
    func adding(_ key: String, _ value: Datum, after preceding: [String], to place: TextPlace) -> [[Replacement]] {
        guard let members = place.node.members else { return [] }
        let before = preceding.lazy.reversed().compactMap { name in members.firstIndex { $0.key == name } }.first
        guard text.isBlock(place.node) else {
            let start = members.first?.keyRange.lowerBound ?? text.contentStart(place.node)
            let isTall = isTall(place.node)
            let quotes = quotes(in: place.node)
            let member = writer.member(key, quotes: text.isJSON ? .double : keyQuotes(in: place.node))
            let value = bracketed(value, at: start, isTall: isTall, quotes: quotes)
            return [BracketedItems(place.node, in: text).adding(member + value, after: before)].compactMap { $0 }
        }
        return block(key, value, after: before, members, quotes(in: place.node), keyQuotes(in: place.node))
    }

    private func block(
        _ key: String, _ value: Datum, after before: Int?, _ members: [Node.Member], _ quotes: ScalarText.Quotes,
        _ keyQuotes: ScalarText.Quotes
    ) -> [[Replacement]] {
        guard let first = members.first else { return [] }
        let start = first.keyRange.lowerBound
        let column = text.column(start)
        let line = text.lineStart(start)
        let lines =
            space(column) + writer.key(key, quotes: keyQuotes, isFlow: false) + ":"
            + writer.afterKey(value, at: column, quotes: quotes) + writer.lineEnd
        let isBelowComment = line > 0 && text.isComment(text.lineStart(line - 1))
        if before == nil, text.isFirstInLine(start), !isBelowComment { return [[Replacement(at: line, lines)]] }
        let end = text.lineAfter(members[before ?? 0].value)
        let commented = text.endOfComments(end, deeperThan: column)
        return [[Replacement(at: commented, lines)], [Replacement(at: end, lines)]]
    }

    /// Ways to remove a key of a group.
    func removing(_ key: String, from node: Node) -> [[Replacement]] {
        guard let members = node.members, let index = members.firstIndex(where: { $0.key == key }) else { return [] }
        guard text.isBlock(node) else {
            return [BracketedItems(node, in: text).removing(index)].compactMap { $0 }
        }
        let member = members[index]
        let start = member.keyRange.lowerBound
        let end = text.lineAfter(member.value)
        if text.isFirstInLine(start) {
            let commented = text.endOfComments(end, deeperThan: text.column(start))
            let line = text.lineStart(start)
            return [[Replacement(line..<commented, "")], [Replacement(line..<end, "")]]
        }
        guard index + 1 < members.count else { return [] }
        let next = members[index + 1].keyRange.lowerBound
        // The next key takes its place behind the dash; unless comments stand between them.
        if text.lineStart(next) == end { return [[Replacement(start..<next, "")]] }
        let dash = text.bytes[..<start].lastIndex { !EditedText.isSpace($0) } ?? start
        return [[Replacement((dash + 1)..<end, writer.lineEnd)]]
    }
}
