import TapTesting

/// One mistake in a description, of the sort that people make, and the lines on which it may be reported.
///
/// The right line is that of the mistake, in the text with the mistake. When a line is missing, it is one of the two lines
/// between which it stood, or the first line of the service, the group or the text that lacks it. When two lines were made one, or one two,
/// it is one of these. A line that was indented differently can belong to the lines around it in another way, which is seen
/// at the latest at the line after it.
struct Mutation {
    enum Sort: CaseIterable {
        case characterDeleted, characterInserted, characterChanged
        case lineDeleted, lineDoubled, lineIndented
        case keyMisspelt, valueMisspelt, typeWrong
    }

    let sort: Sort
    let text: String
    /// Counted from 1.
    let rightLines: Set<Int>

    private static let characters = Array("abz019 :-#'\"[]{},&*!|>%@?=.\t\n")
    private static let otherTypes = ["[]", "{}", "true", "12", "-1", "1.5", "[a, b]", "{a: b}", "\"text\"", "nonsense"]

    /// A mistake at a random place; nil when the sort has no place there.
    init?(_ sort: Sort, in original: String, _ random: inout SeededGenerator) {
        var lines = original.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map(Array.init)
        let full = lines.indices.filter { !Mutation.isComment(lines[$0]) }
        let index = full[random.next(below: full.count)]
        var right: Set = [index + 1]
        switch sort {
        case .characterDeleted, .characterInserted, .characterChanged:
            guard let changed = Mutation.character(sort, lines[index], &random) else { return nil }
            let isIndentation = changed.prefix { $0 == " " }.count != lines[index].prefix { $0 == " " }.count
            lines[index] = changed
            if changed.contains("\n") { right.insert(index + 2) }
            if isIndentation, let next = full.first(where: { $0 > index }) { right.insert(next + 1) }
        case .lineDeleted:
            // In the text without it, the line below it has its number.
            right = Set(
                [full.last { $0 < index }, full.first { $0 > index }.map { $0 - 1 }].compactMap { $0.map { $0 + 1 } })
            right.formUnion(Mutation.heads(of: index, lines).filter { $0 < index }.map { $0 + 1 })
            if lines[index].first != " ", let first = full.first, first < index { right.insert(first + 1) }
            guard !right.isEmpty else { return nil }
            lines.remove(at: index)
        case .lineDoubled:
            lines.insert(lines[index], at: index)
            right.insert(index + 2)
        case .lineIndented:
            let count = 1 + random.next(below: 3)
            let spaces = lines[index].prefix { $0 == " " }.count
            if random.next(below: 2) == 0 {
                lines[index].insert(contentsOf: repeatElement(" ", count: count), at: 0)
            } else if spaces > 0 {
                lines[index].removeFirst(min(spaces, count))
            } else {
                return nil
            }
            if let next = full.first(where: { $0 > index }) { right.insert(next + 1) }
        case .keyMisspelt, .valueMisspelt, .typeWrong:
            guard let changed = Mutation.word(sort, lines[index], &random) else { return nil }
            lines[index] = changed
        }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: lines.joined(separator: ["\n"]))
        (self.sort, self.text, rightLines) = (sort, String(text), right)
    }

    private static func isComment(_ line: [Unicode.Scalar]) -> Bool {
        let first = line.first { !$0.properties.isWhitespace }
        return first == nil || first == "#"
    }

    /// The lines that begin the groups and lists that a line is in.
    private static func heads(of index: Int, _ lines: [[Unicode.Scalar]]) -> [Int] {
        var heads: [Int] = []
        var column = Int.max
        for line in lines.indices.prefix(index + 1).reversed() where !isComment(lines[line]) {
            let indentation = lines[line].prefix { $0 == " " || $0 == "\t" }.count
            guard indentation < column else { continue }
            column = indentation
            heads.append(line)
        }
        return heads
    }

    private static func character(
        _ sort: Sort, _ line: [Unicode.Scalar], _ random: inout SeededGenerator
    ) -> [Unicode.Scalar]? {
        guard !line.isEmpty else { return nil }
        var line = line
        let place = random.next(below: line.count)
        let new = characters[random.next(below: characters.count)].unicodeScalars.first ?? "x"
        switch sort {
        case .characterDeleted: line.remove(at: place)
        case .characterInserted: line.insert(new, at: place)
        default: line[place] = new
        }
        return line
    }

    /// A line whose key or value is another.
    private static func word(_ sort: Sort, _ line: [Unicode.Scalar], _ random: inout SeededGenerator) -> [Unicode
        .Scalar]?
    {
        guard let colon = line.firstIndex(of: ":"), colon + 1 < line.count else { return nil }
        let letters = line.indices.filter { line[$0].properties.isAlphabetic }
        let value = line[(colon + 1)...].firstIndex { !" \"'".unicodeScalars.contains($0) } ?? line.count
        switch sort {
        case .keyMisspelt:
            guard let place = letters.filter({ $0 < colon }).randomElement(using: &random) else { return nil }
            return Array(line[..<place] + [line[place], "q"] + line[(place + 1)...])
        case .valueMisspelt:
            guard let place = letters.filter({ $0 >= value }).randomElement(using: &random) else { return nil }
            return Array(line[..<place] + line[(place + 1)...])
        default:
            let end = line[value...].firstIndex { ",#}".unicodeScalars.contains($0) } ?? line.count
            let type = otherTypes[random.next(below: otherTypes.count)]
            return Array(line[...colon] + [" "] + Array(type.unicodeScalars) + line[end...])
        }
    }
}
