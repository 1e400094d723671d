import TapData
import Taproom

/// Lays a description over the one that it extends.
///
/// A key of the application takes the place of the other's. A service is the one of its name in the same list; its keys are
/// laid over that one's as a JSON merge patch (RFC 7396), services inside of it again by name. Each part keeps its place.
struct Overlay {
    /// What can't be laid over the other: each with its place and its path.
    private(set) var problems: [(position: Position, path: String, text: String)] = []

    private let kinds: KindList
    /// What errors call the other description.
    private let name: String

    init(kinds: KindList, over name: String) { (self.kinds, self.name) = (kinds, name) }

    /// Both together, as one that extends nothing.
    mutating func description(_ own: Node, over other: Node) -> Node {
        guard let members = own.members, other.members != nil else { return own }
        var merged: [Node.Member] = []
        for member in other.members ?? [] where member.key != "extends" {
            guard let replacement = own.member(member.key) else {
                merged.append(member)
                continue
            }
            if member.key == "services" {
                merged.append(laid(replacement, over: member, in: ""))
            } else if replacement.value.datum != .null {
                merged.append(replacement)
            }
        }
        merged += members.filter { other.member($0.key) == nil && $0.key != "extends" }
        return Node(.object(merged), start: own.start, range: own.range)
    }

    // MARK: Services

    /// The services of a list; a list that says nothing changes nothing.
    private mutating func laid(_ own: Node.Member, over other: Node.Member, in path: String) -> Node.Member {
        if own.value.datum == .null { return other }
        guard case .array(let elements) = own.value.content, case .array(let others) = other.value.content else {
            return own
        }
        var merged = own
        let services = services(elements, over: others, in: path)
        merged.value = Node(.array(services), start: own.value.start, range: own.value.range)
        return merged
    }

    private mutating func services(_ own: [Node], over others: [Node], in path: String) -> [Node] {
        let match = OverlayMatch(own, over: others)
        var merged = others
        var isTaken: Set<Int> = []
        for (service, partner) in zip(own, match.partners) {
            let name = service.serviceName.map(String.init)
            let label = path + (name ?? "")
            if let partner {
                guard isTaken.insert(partner.index).inserted else {
                    problems.append((service.start, label, "is here twice; write what both say as one"))
                    continue
                }
                let other = others[partner.index]
                merged[partner.index] = self.service(service, over: other, isRenamed: partner.isRenamed, label)
            } else if service.members == nil || service.hasKind {
                merged.append(service)
            } else {
                problems.append(missing(name, service, among: others, path))
            }
        }
        return merged
    }

    /// A service that is not there to be changed, and has not what makes it a new one.
    private func missing(
        _ name: String?, _ service: Node, among others: [Node], _ path: String
    ) -> (Position, String, String) {
        guard let name else {
            let problem = "needs the \"name\" of a service in \(self.name), or the \"kind\" of a new one"
            return (service.start, path + "services", problem)
        }
        let hint = suggestion(for: name, among: others.compactMap { $0.serviceName.map(String.init) })
        return (
            service.member("name")?.value.start ?? service.start, path + name,
            "is no service in \(self.name)\(hint.isEmpty ? "." : "." + hint) A new one needs a \"kind\""
        )
    }

    private mutating func service(_ own: Node, over other: Node, isRenamed: Bool, _ path: String) -> Node {
        guard checkKind(own, over: other, path) else { return other }
        var merged: [Node.Member] = []
        for member in other.members ?? [] {
            guard let said = own.member(member.key) else {
                merged.append(member)
                continue
            }
            switch member.key {
            case "services": merged.append(laid(said, over: member, in: path + "/"))
            // Null counts as missing; and what finds a service by the name it had does not take its new one away.
            case "kind", "name", "was":
                let isKept = said.value.datum == .null || (member.key == "name" && isRenamed)
                merged.append(isKept ? member : said)
            default: if let member = patched(said, over: member) { merged.append(member) }
            }
        }
        for member in own.members ?? [] where other.member(member.key) == nil {
            if member.key == "name", isRenamed { continue }
            if member.key == "services" {
                merged.append(member)
            } else if let member = patched(member, over: nil) {
                merged.append(member)
            }
        }
        return Node(.object(merged), start: own.start, range: own.range)
    }

    /// Whether a service is of the kind that it is in the other description; which kinds there are is not said here.
    private mutating func checkKind(_ own: Node, over other: Node, _ path: String) -> Bool {
        guard let said = own.member("kind")?.value, let word = said.datum.string,
            let there = other.member("kind")?.value.datum.string, let kind = known(word), let former = known(there),
            kind != former
        else { return true }
        problems.append(
            (
                said.start, path + ".kind",
                "is \"\(word)\" here, but \"\(there)\" in \(name):\(other.start); leave it out, or give a new service"
                    + " another name"
            ))
        return false
    }

    /// The word a kind has today.
    private func known(_ word: String) -> String? {
        (try? kinds.kind(word))?.word
    }

    // MARK: Values

    /// A member after a merge patch; nil: it is taken away.
    private func patched(_ own: Node.Member, over other: Node.Member?) -> Node.Member? {
        guard own.value.datum != .null else { return nil }
        var merged = own
        merged.value = patched(own.value, over: other?.value)
        return merged
    }

    private func patched(_ own: Node, over other: Node?) -> Node {
        guard let members = own.members else { return own }
        let others = other?.members ?? []
        var merged: [Node.Member] = []
        for member in others {
            let said = own.member(member.key)
            if let member = said.map({ patched($0, over: member) }) ?? member { merged.append(member) }
        }
        for member in members where !others.contains(where: { $0.key == member.key }) {
            if let member = patched(member, over: nil) { merged.append(member) }
        }
        return Node(.object(merged), start: own.start, range: own.range)
    }
}

/// Which services of a list are meant by those that are laid over it.
struct OverlayMatch {
    struct Partner {
        var index: Int
        /// Whether it is called by the name it had before.
        var isRenamed = false
    }

    /// For each of those that are laid over: the one it is laid over.
    private(set) var partners: [Partner?]

    /// Finds services by their names, then by those they had before, as either description says with `was`.
    init(_ own: [Node], over others: [Node]) {
        let names = others.map(\.serviceName)
        let ownNames = Set(own.compactMap(\.serviceName))
        let free = others.indices.filter { index in names[index].map { !ownNames.contains($0) } ?? false }
        let formerNames = others.map { $0.member("was")?.value.datum.string.map { $0[...] } }
        partners = own.map { service in
            guard let name = service.serviceName else { return nil }
            if let index = names.firstIndex(of: name) { return Partner(index: index) }
            if let was = service.member("was")?.value.datum.string.map({ $0[...] }),
                let index = free.first(where: { names[$0] == was }) ?? free.first(where: { formerNames[$0] == was })
            {
                return Partner(index: index)
            }
            return free.first { formerNames[$0] == name }.map { Partner(index: $0, isRenamed: true) }
        }
    }
}

extension Node {
    /// The name of a service: its kind's word, unless it is given one.
    var serviceName: Substring? {
        let name = member("name")?.value.datum.string ?? member("kind")?.value.datum.string
        return name.map { $0[...] }
    }

    fileprivate var hasKind: Bool { member("kind").map { $0.value.datum != .null } ?? false }
}
