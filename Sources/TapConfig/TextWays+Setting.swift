import TapData

extension TextWays {
    /// Ways to write another value.
    func setting(_ place: TextPlace, to value: Datum) -> [[Replacement]] {
        let isFlow = place.isInFlow(of: text) || text.isFlow(place.node) && !isEmpty(place.node) && !text.isJSON
        var ways: [[Replacement]?] = []
        if text.isBlock(place.node) {
            if writesLines(value) { ways.append(lines(place, value)) }
            ways.append(insteadOfLines(place, inOneLine(value, place, isFlow: false)))
            ways.append(place.member == nil && place.index == nil ? lines(place, value) : nil)
        } else {
            if !isFlow, !text.isJSON, writer.isBlock(value) { ways.append(below(place, value)) }
            if case .string(let string) = value, text.isBlockText(place.node) { ways.append(blockText(place, string)) }
            ways.append(inPlace(place, inOneLine(value, place, isFlow: isFlow || text.isJSON)))
        }
        return ways.compactMap { $0 }
    }

    /// Whether a value is a list or group without anything in it: how it would be written says nothing.
    private func isEmpty(_ node: Node) -> Bool {
        switch node.content {
        case .scalar: false
        case .array(let elements): elements.isEmpty
        case .object(let members): members.isEmpty
        }
    }

    private func writesLines(_ value: Datum) -> Bool {
        switch value {
        case .array(let elements): !elements.isEmpty
        case .object(let object): !object.isEmpty
        default: false
        }
    }

    private func inOneLine(_ value: Datum, _ place: TextPlace, isFlow: Bool) -> String {
        switch value {
        case .array, .object:
            let isTall = text.isJSON && (place.around.last.map(isTall) ?? true)
            let start = place.member?.keyRange.lowerBound ?? place.node.range.lowerBound
            return bracketed(
                value, at: start, isTall: isTall,
                quotes: text.isBlock(place.node) ? .plain : quotes(in: place.node))
        default:
            return ScalarText.write(value, quotes: quotes(in: place.node), isFlow: isFlow, isJSON: text.isJSON)
        }
    }

    /// Whether the members of a list or group in brackets stand on lines of their own.
    func isTall(_ node: Node) -> Bool {
        switch node.content {
        case .scalar: false
        case .array(let elements):
            elements.first.map { text.isFirstInLine($0.range.lowerBound) } ?? false
        case .object(let members): members.first.map { text.isFirstInLine($0.keyRange.lowerBound) } ?? false
        }
    }

    /// Where the last character of a value ends, without the end of its line.
    private func end(of node: Node) -> Int {
        let end = node.range.upperBound
        guard end > 0, text.byte(end - 1) == UInt8(ascii: "\n") || text.isBlock(node) else { return end }
        let line = text.lineAfter(node)
        guard text.byte(end - 1) == UInt8(ascii: "\n") else { return end }
        return line - (line > 0 && text.byte(line - 1) == UInt8(ascii: "\n") ? writer.lineEnd.utf8.count : 0)
    }

    /// The value in place of the one that is there, or of nothing.
    private func inPlace(_ place: TextPlace, _ value: String) -> [Replacement]? {
        let start = text.contentStart(place.node)
        let end = end(of: place.node)
        if !place.node.range.isEmpty, start < end { return [Replacement(start..<end, value)] }
        if !place.node.range.isEmpty { return [Replacement(at: end, " " + value)] }
        if let start = place.valueStart(in: text) { return [Replacement(at: start, " " + value)] }
        return place.member.map { [Replacement(at: $0.keyRange.upperBound, ": " + value)] }
    }

    private func blockText(_ place: TextPlace, _ string: String) -> [Replacement]? {
        let start = text.contentStart(place.node)
        let first = text.nextLine(start)
        let isFolded = text.byte(start) == UInt8(ascii: ">")
        let block = ScalarText.block(
            string, isFolded: isFolded, indent: text.indentation(first), lineEnd: writer.lineEnd)
        return block.map { [Replacement(start..<end(of: place.node), $0)] }
    }

    /// A list or group in lines of its own, in place of one.
    private func lines(_ place: TextPlace, _ value: Datum) -> [Replacement]? {
        let start = text.contentStart(place.node)
        let column = text.column(start)
        return [Replacement(start..<end(of: place.node), String(writer.block(value, at: column).dropFirst(column)))]
    }

    /// A value in the line of its key, in place of the lines below it.
    private func insteadOfLines(_ place: TextPlace, _ value: String) -> [Replacement]? {
        let start = text.contentStart(place.node)
        guard let valueStart = place.valueStart(in: text), text.isFirstInLine(start),
            text.lineStart(start) > valueStart
        else { return [Replacement(start..<end(of: place.node), value)] }
        // An anchor stands in the line of the key.
        let hasAnchor = start > place.node.range.lowerBound
        let anchorEnd = text.bytes[place.node.range.lowerBound...].firstIndex(where: EditedText.isSpace) ?? start
        return [
            Replacement(valueStart..<(hasAnchor ? anchorEnd : valueStart), " " + value),
            Replacement(text.lineStart(start)..<text.lineAfter(place.node), ""),
        ]
    }

    /// A list or group in lines below its key, in place of a value in the line of the key.
    private func below(_ place: TextPlace, _ value: Datum) -> [Replacement]? {
        guard let valueStart = place.valueStart(in: text) else { return nil }
        let valueEnd = max(valueStart, end(of: place.node))
        guard let member = place.member else {
            // An item of a list begins in the line of its dash.
            let column = text.column(valueStart) + 1
            return [Replacement(valueStart..<valueEnd, " " + writer.item(value, at: column))]
        }
        let column = text.column(member.keyRange.lowerBound)
        let lines = writer.afterKey(value, at: column).dropFirst(1)
        let next = text.nextLine(valueEnd)
        let isClosed = next > 0 && text.byte(next - 1) == UInt8(ascii: "\n")
        return [
            Replacement(valueStart..<valueEnd, ""),
            Replacement(at: next, isClosed ? lines + writer.lineEnd : writer.lineEnd + lines),
        ]
    }
}
