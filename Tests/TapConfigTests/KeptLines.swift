@testable import TapConfig
import TapData
import Taproom

/// The lines of a description that an edit must keep: those in which no changed field has a part.
///
/// A changed setting has the lines from its key to the end of its value; a service that is removed or moved also the comment
/// lines and blank lines around it. In brackets a member that comes or goes changes the commas of its neighbours, and so the
/// lines on which they end. A change of what has an anchor may change its aliases.
struct KeptLines {
    private let text: EditedText
    private var changed: Set<Int> = []

    init(_ text: String, from before: Application, to after: Application) throws {
        self.text = try EditedText(text)
        // Text after | or > that ends without a line end says something else when a line follows.
        if let last = self.text.lastText(self.text.root), self.text.bytes.last != UInt8(ascii: "\n") {
            change(last.range)
        }
        look(at: self.text.root, Description.datum(of: before), Description.datum(of: after), key: nil)
    }

    /// The first kept line that another text does not have in its place, or nil.
    func missing(in edited: String) -> String? {
        let lines = edited.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        var rest = lines[...]
        for (number, line) in text.bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .enumerated()
        where !changed.contains(number) {
            guard let place = rest.firstIndex(where: { $0.elementsEqual(line) }) else {
                return "\(number + 1): \(String(decoding: line, as: UTF8.self))"
            }
            rest = rest[(place + 1)...]
        }
        return nil
    }

    private func line(of offset: Int) -> Int { text.bytes[..<offset].count { $0 == UInt8(ascii: "\n") } }

    private mutating func change(_ range: Range<Int>) {
        changed.formUnion(line(of: range.lowerBound)...line(of: max(range.lowerBound, range.upperBound - 1)))
    }

    private mutating func look(at node: Node, _ before: Datum, _ after: Datum, key: Node.Member?) {
        if before == after { return }
        if text.anchor(of: node) != nil { changeAliases(text.root) }
        if let before = before.object, let after = after.object, let members = node.members {
            return group(node, members, before, after, key)
        }
        if case .array(let elements) = node.content, case .array(let old) = before, old.count == elements.count,
            case .array(let new) = after, !new.isEmpty, old.first?.object != nil
        {
            return services(node, elements, old, new)
        }
        change((key?.keyRange.lowerBound ?? node.range.lowerBound)..<node.range.upperBound)
        changeComments(below: node)
    }

    private mutating func group(
        _ node: Node, _ members: [Node.Member], _ before: DatumObject, _ after: DatumObject, _ key: Node.Member?
    ) {
        var isChanged = false
        for key in Set(before.keys + after.keys) where before[key] != after[key] {
            guard let member = node.member(key) else {
                isChanged = true
                continue
            }
            if let value = after[key] {
                look(at: member.value, before[key] ?? .null, value, key: member)
            } else {
                isChanged = true
                if text.anchor(of: member.value) != nil { changeAliases(text.root) }
                change(member.keyRange.lowerBound..<max(member.keyRange.upperBound, member.value.range.upperBound))
                changeComments(below: member.value)
                // The next key takes its place behind a dash.
                if let next = members.first(where: { $0.keyRange.lowerBound > member.keyRange.lowerBound }) {
                    change(next.keyRange)
                }
            }
        }
        guard isChanged else { return }
        if members.isEmpty || text.alias(of: node) != nil || after.isEmpty {
            change((key?.keyRange.lowerBound ?? node.range.lowerBound)..<node.range.upperBound)
        } else if text.isFlow(node) {
            for member in members { change(end(member.keyRange.lowerBound..<member.value.range.upperBound)) }
        }
    }

    private mutating func services(_ node: Node, _ elements: [Node], _ old: [Datum], _ new: [Datum]) {
        let names = new.map { $0.object?["name"]?.string }
        let oldNames = old.map { $0.object?["name"]?.string }
        let isArranged = oldNames != names
        for (index, element) in elements.enumerated() {
            if isArranged, text.isFlow(node) { change(end(element.range)) }
            guard let place = names.firstIndex(of: oldNames[index]) else {
                changeService(element)
                continue
            }
            look(at: element, old[index], new[place], key: nil)
        }
        let common = oldNames.filter(names.contains)
        let rest = names.filter(oldNames.contains)
        // Which of those that changed places were moved is not known here.
        for (index, name) in oldNames.enumerated() where common != rest && names.contains(name) {
            changeService(elements[index])
        }
    }

    private mutating func changeService(_ node: Node) {
        change(node.range)
        changeComments(below: node)
        var start = text.lineStart(node.range.lowerBound)
        if text.dashLine(above: node) < start { start = text.dashLine(above: node) }
        change(start..<node.range.upperBound)
        while start > 0, case let previous = text.lineStart(start - 1),
            text.isComment(previous) || text.isBlank(previous)
        {
            changed.insert(line(of: previous))
            start = previous
        }
        var anchors: Set<String> = []
        collect(node, &anchors)
        if !anchors.isEmpty { changeAliases(text.root) }
    }

    private func collect(_ node: Node, _ anchors: inout Set<String>) {
        if let anchor = text.anchor(of: node) { anchors.insert(anchor) }
        switch node.content {
        case .scalar: break
        case .array(let elements): for element in elements { collect(element, &anchors) }
        case .object(let members): for member in members { collect(member.value, &anchors) }
        }
    }

    /// Comments that are deeper than the key of a value, and blank lines, belong to it.
    private mutating func changeComments(below node: Node) {
        var start = text.nextLine(max(0, node.range.upperBound - 1))
        while start < text.bytes.count, text.isComment(start) || text.isBlank(start) {
            if text.isBlank(start) || text.indentation(start) > 0 { changed.insert(line(of: start)) }
            start = text.nextLine(start)
        }
    }

    private mutating func changeAliases(_ node: Node) {
        if text.alias(of: node) != nil { return change(node.range) }
        switch node.content {
        case .scalar: break
        case .array(let elements): for element in elements { changeAliases(element) }
        case .object(let members): for member in members { changeAliases(member.value) }
        }
    }

    private func end(_ range: Range<Int>) -> Range<Int> {
        max(range.lowerBound, range.upperBound - 1)..<range.upperBound
    }
}

extension EditedText {
    /// The line of the dash of an item that begins in a line below it.
    fileprivate func dashLine(above node: Node) -> Int {
        var start = lineStart(node.range.lowerBound)
        guard isFirstInLine(node.range.lowerBound) else { return start }
        repeat { start = start > 0 ? lineStart(start - 1) : 0 } while start > 0 && isComment(start)
        return start
    }
}
