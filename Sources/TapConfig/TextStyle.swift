import TapData

/// How the writer of a description likes to write: what is put in looks like what is there.
struct TextStyle {
    /// Spaces that a group is deeper than its key.
    private(set) var indent = 2
    /// Spaces that the dashes of a list are deeper than its key.
    private(set) var listIndent = 0
    /// Whether groups of settings stand in brackets.
    private(set) var groupsAreFlow = false
    /// Whether lists of values stand in brackets.
    private(set) var listsAreFlow = false
    /// What one level is indented by in brackets over several lines.
    private(set) var level = "  "
    /// Whether a space follows colons and commas in JSON.
    private(set) var isSpaced = true

    init(_ text: EditedText) {
        var seen = Seen()
        seen.look(at: text.root, in: text, keyColumn: nil)
        if let indent = seen.indents.first { self.indent = indent }
        if let indent = seen.listIndents.first { listIndent = indent }
        level = seen.levels.first ?? String(repeating: " ", count: indent)
        groupsAreFlow = seen.flowGroups > seen.blockGroups
        listsAreFlow = seen.flowLists > seen.blockLists
        let colon: [UInt8] = Array("\":".utf8)
        if text.isJSON, let place = text.bytes.indices.first(where: { text.bytes[$0...].starts(with: colon) }) {
            isSpaced = text.byte(place + 2).map(EditedText.isSpace) ?? true
        }
    }

    private struct Seen {
        var indents: [Int] = []
        var listIndents: [Int] = []
        var levels: [String] = []
        var (flowGroups, blockGroups, flowLists, blockLists) = (0, 0, 0, 0)

        mutating func look(at node: Node, in text: EditedText, keyColumn: Int?) {
            guard text.alias(of: node) == nil else { return }
            let isFlow = text.isFlow(node)
            switch node.content {
            case .scalar: break
            case .array(let elements):
                let isOfValues = !elements.contains { $0.members != nil }
                if isOfValues, isFlow { flowLists += 1 } else if isOfValues { blockLists += 1 }
                if !isFlow, let keyColumn, let dash = text.dashes(of: node)?.first, text.isFirstInLine(dash) {
                    listIndents.append(max(0, text.column(dash) - keyColumn))
                }
                for element in elements { look(at: element, in: text, keyColumn: nil) }
            case .object(let members):
                if keyColumn != nil, isFlow { flowGroups += 1 } else if keyColumn != nil { blockGroups += 1 }
                if isFlow, let first = members.first?.keyRange.lowerBound, text.isFirstInLine(first) {
                    let outer = text.indentationText(node.range.lowerBound)
                    levels.append(String(text.indentationText(first).dropFirst(outer.count)))
                }
                if let keyColumn, let first = members.first?.keyRange.lowerBound, text.isFirstInLine(first) {
                    indents.append(max(1, text.column(first) - keyColumn))
                }
                for member in members {
                    look(at: member.value, in: text, keyColumn: text.column(member.keyRange.lowerBound))
                }
            }
        }
    }
}
