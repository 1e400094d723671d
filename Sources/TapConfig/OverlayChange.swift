import TapData

/// What a description that is laid over another has to say differently so that both together say what is wanted.
///
/// Of what is said and what is wanted only that part counts which the description writes itself, or has to write from now on:
/// a difference. What the other one says and shall not count is written as null.
struct OverlayChange {
    /// What the description says now, in its own text.
    private(set) var before: Datum = .null
    /// What it shall say there.
    private(set) var after: Datum = .null
    /// The services of the other description that are not wanted: nothing can take them away from here.
    private(set) var unwanted: [String] = []

    /// Compares what two descriptions say together with what is wanted, both in canonical form.
    init(_ own: Node, over other: Node, from said: Datum, to wanted: Datum) {
        var change = Pair(said.object ?? [:], wanted.object ?? [:])
        var (before, after) = (DatumObject(), DatumObject())
        // What is new stands behind what is there.
        for member in own.members ?? [] where member.key != "services" {
            let key = member.key
            let (old, new) = (change.old[key], change.new[key])
            // Keys that are no part of the application stay as they are.
            let isPart = old != nil || new != nil
            before[key] = isPart ? old : member.value.datum
            after[key] = isPart ? new ?? (other.member(key) == nil ? nil : .null) : member.value.datum
        }
        for key in change.keys where key != "services" && own.member(key) == nil {
            if change.old[key] != change.new[key] { after[key] = change.new[key] ?? .null }
        }
        change.services(own.member("services")?.value, other.member("services")?.value, &before, &after)
        (self.before, self.after, unwanted) = (.object(before), .object(after), change.unwanted)
    }
}

/// A group of keys as it is and as it shall be.
private struct Pair {
    let old: DatumObject
    let new: DatumObject
    var unwanted: [String] = []
    private let path: String

    init(_ old: DatumObject, _ new: DatumObject, in path: String = "") {
        (self.old, self.new, self.path) = (old, new, path)
    }

    /// All keys, those that are new behind the others.
    var keys: [String] { old.keys + new.keys.filter { old[$0] == nil } }

    /// The part of both that belongs into a group which is laid over another; nil stands for one that is not there.
    mutating func parts(_ own: Node?, over other: Node?) -> (before: DatumObject, after: DatumObject) {
        var (before, after) = (DatumObject(), DatumObject())
        for key in keys where key != "services" {
            let said = own?.member(key)?.value
            if old[key] == new[key] {
                if said != nil { (before[key], after[key]) = (old[key], new[key]) }
                continue
            }
            if case .object(let old)? = old[key], case .object(let new)? = new[key],
                said.map({ $0.members != nil }) ?? true
            {
                var inner = Pair(old, new)
                let parts = inner.parts(said, over: other?.member(key)?.value)
                if said != nil { before[key] = .object(parts.before) }
                after[key] = .object(parts.after)
                continue
            }
            if said != nil { before[key] = old[key] ?? .null }
            after[key] = new[key] ?? (said == nil || other?.member(key) != nil ? .null : nil)
        }
        services(own?.member("services")?.value, other?.member("services")?.value, &before, &after)
        return (before, after)
    }

    /// The services of a list that is laid over another.
    mutating func services(_ own: Node?, _ other: Node?, _ before: inout DatumObject, _ after: inout DatumObject) {
        let (elements, others) = (own?.elements ?? [], other?.elements ?? [])
        let (old, new) = (Pair.byName(old["services"]), Pair.byName(new["services"]))
        var (oldParts, newParts): ([Datum], [Datum]) = ([], [])
        var isWritten: Set<String> = []
        for (element, partner) in zip(elements, OverlayMatch(elements, over: others).partners) {
            let base = partner.map { others[$0.index] }
            let isRenamed = partner?.isRenamed ?? false
            guard let name = ((isRenamed ? base : element) ?? element).serviceName.map(String.init) else { continue }
            isWritten.insert(name)
            let part = part(element, over: base, old[name], new[name], name)
            if let before = part.before { oldParts.append(before) }
            if let after = part.after { newParts.append(after) }
        }
        for name in Pair.names(self.new["services"]) where !isWritten.contains(name) && old[name] != new[name] {
            let base = others.first { $0.serviceName == name[...] }
            if let added = part(nil, over: base, old[name], new[name], name).after { newParts.append(added) }
        }
        for name in Pair.names(self.old["services"]) where new[name] == nil {
            if others.contains(where: { $0.serviceName == name[...] }) || old[name] == nil {
                unwanted.append(path + name)
            }
        }
        if own != nil { before["services"] = .array(oldParts) }
        if own != nil || !newParts.isEmpty { after["services"] = .array(newParts) }
    }

    /// What the text says of one service, and shall say.
    private mutating func part(
        _ own: Node?, over other: Node?, _ old: DatumObject?, _ new: DatumObject?, _ name: String
    ) -> (before: Datum?, after: Datum?) {
        guard let other, let old, let new else { return (old.map { .object($0) }, new.map { .object($0) }) }
        var inner = Pair(old, new, in: path + name + "/")
        var parts = inner.parts(own, over: other)
        unwanted += inner.unwanted
        // Services are matched by their names, whether these are written or not.
        if own != nil { parts.before["name"] = .string(name) }
        var after: DatumObject = ["name": .string(name)]
        for (key, value) in parts.after.members { after[key] = value }
        return (own == nil ? nil : .object(parts.before), .object(after))
    }

    private static func names(_ services: Datum?) -> [String] {
        guard case .array(let elements)? = services else { return [] }
        return elements.compactMap { $0.object?["name"]?.string }
    }

    private static func byName(_ services: Datum?) -> [String: DatumObject] {
        guard case .array(let elements)? = services else { return [:] }
        let named = elements.compactMap { service in service.object.flatMap { o in o["name"]?.string.map { ($0, o) } } }
        return Dictionary(named) { first, _ in first }
    }
}

extension Node {
    fileprivate var elements: [Node]? {
        if case .array(let elements) = content { elements } else { nil }
    }
}
