import TapData

/// Which changes of a text make it say something else: nothing is changed that means the same already.
///
/// Three trees are walked together: the text, what it means, and what it shall mean. What the first says in its own way (one
/// value for a list of one, a relative path) is never compared, only what it means. Changes come in the order in which they
/// are to be made, each with the paths of the tree that the ones before it leave.
struct EditPlan {
    private(set) var changes: [TreeChange] = []
    /// Whether lists of values are edited item by item, or written anew.
    private let editsItems: Bool

    init(_ node: Node, from before: Datum, to after: Datum, editingItems: Bool) {
        editsItems = editingItems
        value(node, before, after, [])
    }

    private mutating func value(_ node: Node, _ before: Datum, _ after: Datum, _ path: [PathStep]) {
        if before == after { return }
        if case .object(let members) = node.content, case .object(let before) = before, case .object(let after) = after,
            !after.isEmpty || members.isEmpty
        {
            return group(node, before, after, path)
        }
        let areServices = path.allSatisfy { if case .key(let key) = $0 { key == "services" } else { true } }
        guard case .array(let elements) = node.content, editsItems || areServices else {
            changes.append(.set(path, written(after, like: node)))
            return
        }
        let (old, new) = (items(before), items(after))
        guard old.count == elements.count, !new.isEmpty else {
            changes.append(.set(path, written(after, like: node)))
            return
        }
        if areServices {
            services(elements, old, new, path)
        } else {
            list(elements, old, new, path)
        }
    }

    /// A list, or the only value that stands for one.
    private func items(_ datum: Datum) -> [Datum] {
        if case .array(let items) = datum { items } else { [datum] }
    }

    private mutating func group(_ node: Node, _ before: DatumObject, _ after: DatumObject, _ path: [PathStep]) {
        for (key, value) in after.members where before[key] != value {
            guard let member = node.member(key) else { continue }
            self.value(member.value, before[key] ?? .null, value, path + [.key(key)])
        }
        let removed = before.keys.filter { after[$0] == nil && node.member($0) != nil }
        let added = after.keys.enumerated().filter { before[$1] != after[$1] && node.member($1) == nil }
        let isEmptied = removed.count == node.members?.count && added.isEmpty
        if isEmptied {
            changes.append(.set(path, .object([:])))
            return
        }
        for (index, key) in added {
            guard let value = after[key] else { continue }
            changes.append(.addKey(path, key, written(value), preceding: Array(after.keys[..<index])))
        }
        for key in removed { changes.append(.removeKey(path, key)) }
    }

    /// Values: what is before and behind those that differ stays.
    private mutating func list(_ elements: [Node], _ old: [Datum], _ new: [Datum], _ path: [PathStep]) {
        let first = zip(old, new).prefix { $0 == $1 }.count
        let last = min(
            zip(old.reversed(), new.reversed()).prefix { $0 == $1 }.count, min(old.count, new.count) - first)
        let (oldEnd, newEnd) = (old.count - last, new.count - last)
        let shared = min(oldEnd, newEnd)
        for index in first..<shared { value(elements[index], old[index], new[index], path + [.index(index)]) }
        for index in (shared..<oldEnd).reversed() { changes.append(.removeItem(path, index)) }
        for index in shared..<newEnd { changes.append(.addItem(path, index, written(new[index]))) }
    }

    private mutating func services(_ elements: [Node], _ old: [Datum], _ new: [Datum], _ path: [PathStep]) {
        let match = ServiceMatch(old, new)
        for (index, partner) in match.partners.enumerated() {
            guard let partner else { continue }
            value(elements[index], old[index], new[partner], path + [.index(index)])
        }
        guard match.partners.contains(where: { $0 != nil }) else {
            // What is new comes first, so that the list is never without items, which are how one knows its style.
            for (index, service) in new.enumerated() {
                changes.append(.addItem(path, old.count + index, written(service)))
            }
            for index in old.indices.reversed() { changes.append(.removeItem(path, index)) }
            return
        }
        for index in match.partners.indices.reversed() where match.partners[index] == nil {
            changes.append(.removeItem(path, index))
        }
        // Where each kept service shall be, in the order they are in.
        var present = match.partners.compactMap { $0 }
        let staying = Set(longestRise(in: present))
        for target in new.indices where !staying.contains(target) {
            let source = present.firstIndex(of: target)
            if let source { present.remove(at: source) }
            let place = target == 0 ? 0 : (present.firstIndex(of: target - 1) ?? 0) + 1
            present.insert(target, at: place)
            guard let source else {
                changes.append(.addItem(path, place, written(new[target])))
                continue
            }
            if source != place { changes.append(.moveItem(path, from: source, to: place)) }
        }
    }

    /// A value as a text says it.
    private func written(_ datum: Datum, like node: Node? = nil) -> Datum {
        switch datum {
        case .bytes(let bytes): return .string(Base64.encode(bytes))
        case .integer(let number):
            // A user's number may stand in quotes.
            if case .scalar(.string)? = node?.content { return .string(String(number)) }
            return datum
        case .array(let elements): return .array(elements.map { written($0) })
        case .object(let object):
            var written = DatumObject()
            for (key, value) in object.members { written[key] = self.written(value) }
            return .object(written)
        case .null, .bool, .number, .string: return datum
        }
    }
}

/// Which services of one list are the same as in another: by name, and those whose name is all that changed.
private struct ServiceMatch {
    /// For each of the old ones its index among the new ones.
    private(set) var partners: [Int?]

    init(_ old: [Datum], _ new: [Datum]) {
        let indices = Dictionary(
            new.enumerated().map { ($1.object?["name"]?.string ?? "", $0) }, uniquingKeysWith: { first, _ in first })
        partners = old.map { indices[$0.object?["name"]?.string ?? ""] }
        let taken = Set(partners.compactMap { $0 })
        var free = new.indices.filter { !taken.contains($0) }
        for index in old.indices where partners[index] == nil {
            let nameless = ServiceMatch.nameless(old[index])
            guard let found = free.firstIndex(where: { ServiceMatch.nameless(new[$0]) == nameless }) else { continue }
            partners[index] = free.remove(at: found)
        }
    }

    private static func nameless(_ service: Datum) -> DatumObject? {
        var object = service.object
        object?["name"] = nil
        return object
    }
}

/// The longest rising selection of numbers that are all different, by patience sorting (Fredman 1975).
private func longestRise(in numbers: [Int]) -> [Int] {
    var tops: [Int] = []
    var previous: [Int?] = []
    for (index, number) in numbers.enumerated() {
        var (low, high) = (0, tops.count)
        while low < high {
            let middle = (low + high) / 2
            if numbers[tops[middle]] < number { low = middle + 1 } else { high = middle }
        }
        previous.append(low > 0 ? tops[low - 1] : nil)
        if low == tops.count { tops.append(index) } else { tops[low] = index }
    }
    var rise: [Int] = []
    var index = tops.last
    while let current = index {
        rise.append(numbers[current])
        index = previous[current]
    }
    return rise.reversed()
}
