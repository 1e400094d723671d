import TapData

/// Makes changes of a text, each in the neatest way after which it says what it shall.
///
/// Each way is tried and the result read again, so that a way that does not fit a text is never taken. What no neat way fits
/// is written anew together with what is around it.
struct TextEditing {
    private(set) var text: EditedText

    init(_ text: EditedText) { self.text = text }

    /// Makes a change.
    ///
    /// False: there is no way, and the text stays as it is.
    mutating func make(_ change: TreeChange) -> Bool {
        guard let expected = change.applied(to: text.root.datum) else { return false }
        // What an alias stands for is written in its place.
        for length in 0...change.path.count {
            let path = Array(change.path.prefix(length))
            guard let node = text.root[path], text.alias(of: node) != nil else { continue }
            return write(path, expected)
        }
        if attempt(change, expected) { return true }
        if writeOutAliases(of: change.path), attempt(change, expected) { return true }
        if case .moveItem(let path, let from, let to) = change { return replant(path, from, to) }
        return (0...change.path.count).reversed().contains { write(Array(change.path.prefix($0)), expected) }
    }

    private mutating func attempt(_ change: TreeChange, _ expected: Datum) -> Bool {
        for pieces in TextWays(text).ways(of: change) {
            guard let edited = text.replacing(pieces, expecting: expected) else { continue }
            text = edited
            return true
        }
        return false
    }

    /// Writes a value anew.
    private mutating func write(_ path: [PathStep], _ expected: Datum) -> Bool {
        guard let value = expected[path] else { return false }
        if attempt(.set(path, value), expected) { return true }
        return writeOutAliases(of: path) && attempt(.set(path, value), expected)
    }

    /// Takes an item out and puts it in elsewhere.
    private mutating func replant(_ path: [PathStep], _ from: Int, _ to: Int) -> Bool {
        guard let value = text.root[path + [.index(from)]]?.datum else { return false }
        let before = text
        if make(.removeItem(path, from)), make(.addItem(path, to, value)) { return true }
        text = before
        return false
    }

    /// Writes values in place of the aliases that stand for something at a path, in it or around it, so that a change there
    /// changes nothing else.
    ///
    /// False: there are none.
    private mutating func writeOutAliases(of path: [PathStep]) -> Bool {
        guard let place = TextPlace(path, in: text.root) else { return false }
        var names = Set(place.around.compactMap(text.anchor))
        collectAnchors(place.node, &names)
        var isChanged = false
        while let alias = firstAlias(of: names, text.root, []) {
            guard let value = text.root[alias]?.datum, attempt(.set(alias, value), text.root.datum) else { break }
            isChanged = true
        }
        return isChanged
    }

    private func collectAnchors(_ node: Node, _ names: inout Set<String>) {
        if let name = text.anchor(of: node) { names.insert(name) }
        guard text.alias(of: node) == nil else { return }
        switch node.content {
        case .scalar: break
        case .array(let elements): for element in elements { collectAnchors(element, &names) }
        case .object(let members): for member in members { collectAnchors(member.value, &names) }
        }
    }

    private func firstAlias(of names: Set<String>, _ node: Node, _ path: [PathStep]) -> [PathStep]? {
        if let name = text.alias(of: node) { return names.contains(name) ? path : nil }
        switch node.content {
        case .scalar: return nil
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                if let found = firstAlias(of: names, element, path + [.index(index)]) { return found }
            }
        case .object(let members):
            for member in members {
                if let found = firstAlias(of: names, member.value, path + [.key(member.key)]) { return found }
            }
        }
        return nil
    }
}
