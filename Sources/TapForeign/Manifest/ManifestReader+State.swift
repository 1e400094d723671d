import TapConfig
import TapData
import Taproom

// What a manifest says that services remember.
extension ManifestReader {
    mutating func state(_ node: Node?) -> [DeclaredState] {
        guard let node, node.datum != .null else { return [] }
        guard let members = node.members else {
            report("state must be a group of cells and tables, but is \(node.datum.typeName)", node)
            return []
        }
        var names: Set<String> = []
        var declared: [DeclaredState] = []
        for member in members {
            let path = "state.\(member.key)"
            if let problem = Name.problem(member.key) { report("\(path) \(problem)", at: member.keyStart) }
            guard let words = group(DeclaredState.Words.self, member.value, path) else { continue }
            if words.key != nil, words.initial != nil {
                report(
                    "\(path).initial has a place only in a cell: a table is empty at first",
                    member.value.member("initial")?.value ?? member.value)
            }
            for name in [member.key] + words.formerly where !names.insert(name).inserted {
                report("\(path): \"\(name)\" is the name of two, or was", at: member.keyStart)
            }
            declared.append(DeclaredState(member.key, words))
        }
        return declared
    }
}
