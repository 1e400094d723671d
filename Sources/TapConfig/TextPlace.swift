import TapData

/// A value in a text, with what stands around it.
struct TextPlace {
    let node: Node
    /// The groups and lists around it, from the outside in.
    let around: [Node]
    /// The member it is the value of.
    let member: Node.Member?
    /// Its index in a list.
    let index: Int?

    /// The place of a path, or nil when there is nothing.
    init?(_ path: some Collection<PathStep>, in root: Node) {
        var (node, around) = (root, [Node]())
        var (member, index): (Node.Member?, Int?) = (nil, nil)
        for step in path {
            around.append(node)
            switch (step, node.content) {
            case (.key(let key), .object(let members)):
                guard let found = members.first(where: { $0.key == key }) else { return nil }
                (member, index, node) = (found, nil, found.value)
            case (.index(let position), .array(let elements)) where elements.indices.contains(position):
                (member, index, node) = (nil, position, elements[position])
            default: return nil
            }
        }
        (self.node, self.around, self.member, self.index) = (node, around, member, index)
    }

    /// Whether it stands in brackets of something around it.
    func isInFlow(of text: EditedText) -> Bool { around.contains { text.isFlow($0) } }

    /// Where what is put behind its key or dash begins; nil when that can't be found.
    func valueStart(in text: EditedText) -> Int? {
        if let member { return text.next(":", from: member.keyRange.upperBound).map { $0 + 1 } }
        guard let index, let list = around.last else { return text.contentStart(node) }
        return text.dashes(of: list).map { $0[index] + 1 }
    }
}
