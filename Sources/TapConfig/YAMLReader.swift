package import TapData

/// Reads YAML (1.2, core schema) into a located tree, by libyaml's events.
///
/// One document, keys are text and stand once, at most ``JSONReader/maximumDepth`` levels. An alias is the value of its
/// anchor, all of which stands where the alias does. Tags and merge keys are refused: a description says each thing where
/// it belongs.
package struct YAMLReader {
    /// Values that aliases may add to a text, so that a short one can't make a tree that fills the memory.
    package static let maximumAliasedValues = 100_000

    private let events: YAMLEvents
    private var depth = 0
    private var anchors: [String: Node] = [:]
    /// Anchors whose values are being read.
    private var openAnchors: Set<String> = []
    private var aliasedValues = 0

    /// Reads the one document of a text; an empty text is nothing.
    ///
    /// Throws ``SyntaxError``.
    package static func read(_ text: String) throws(SyntaxError) -> Node {
        try YAMLEvents.reading(text) { events throws(SyntaxError) in
            var reader = YAMLReader(events: events)
            return try reader.document()
        }
    }

    private init(events: YAMLEvents) { self.events = events }

    private mutating func document() throws(SyntaxError) -> Node {
        _ = try events.next()
        guard case let start = try events.next(), start.kind == .documentStart else {
            return Node(.scalar(.null), start: Position(line: 1, column: 1), range: 0..<0)
        }
        let node = try value(try events.next())
        _ = try events.next()
        let after = try events.next()
        guard after.kind == .streamEnd else { throw after.error("a second document begins; only one is read") }
        return node
    }

    private mutating func value(_ event: YAMLEvent) throws(SyntaxError) -> Node {
        if event.kind == .alias { return try aliased(event) }
        if event.hasTag { throw event.error("tags are not used here; leave it out") }
        if let anchor = event.anchor { openAnchors.insert(anchor) }
        let node = try anchoredValue(event)
        if let anchor = event.anchor {
            openAnchors.remove(anchor)
            anchors[anchor] = node
        }
        return node
    }

    private mutating func anchoredValue(_ event: YAMLEvent) throws(SyntaxError) -> Node {
        switch event.kind {
        case .scalar:
            let datum = event.isPlain ? PlainScalar.datum(of: event.text) : .string(event.text)
            return Node(.scalar(datum), start: event.start, range: event.range)
        case .sequenceStart: return try elements(event)
        case .mappingStart: return try members(event)
        default: throw event.error("a value is expected")
        }
    }

    private mutating func enter(_ event: YAMLEvent) throws(SyntaxError) {
        depth += 1
        guard depth <= JSONReader.maximumDepth else { throw event.tooDeep }
    }

    private mutating func elements(_ start: YAMLEvent) throws(SyntaxError) -> Node {
        try enter(start)
        var elements: [Node] = []
        var event = try events.next()
        while event.kind != .sequenceEnd {
            elements.append(try value(event))
            event = try events.next()
        }
        depth -= 1
        return Node(.array(elements), start: start.start, range: start.range(to: event, elements.last))
    }

    private mutating func members(_ start: YAMLEvent) throws(SyntaxError) -> Node {
        try enter(start)
        var members: [Node.Member] = []
        var seen: Set<String> = []
        var key = try events.next()
        while key.kind != .mappingEnd {
            guard key.kind == .scalar, key.anchor == nil, !key.hasTag else { throw key.error("a key must be text") }
            if key.isPlain, key.text == "<<" {
                throw key.error(
                    "merge keys (<<) are not used here; write the keys out, or use an alias for all of a value")
            }
            guard seen.insert(key.text).inserted else { throw key.error("the key \"\(key.text)\" stands twice") }
            let value = try value(try events.next())
            members.append(Node.Member(key: key.text, keyStart: key.start, keyRange: key.range, value: value))
            key = try events.next()
        }
        depth -= 1
        return Node(.object(members), start: start.start, range: start.range(to: key, members.last?.value))
    }

    private mutating func aliased(_ event: YAMLEvent) throws(SyntaxError) -> Node {
        let name = event.anchor ?? ""
        if openAnchors.contains(name) {
            throw event.error("the alias *\(name) stands inside of the value it stands for; write the value out")
        }
        guard let node = anchors[name] else {
            let hint = anchors.isEmpty ? "" : "." + suggestion(for: name, among: anchors.keys.sorted())
            throw event.error("nothing above has the anchor &\(name)" + hint)
        }
        return try copy(of: node, at: event, depth: depth)
    }

    /// A value with everything in it moved to where its alias stands.
    private mutating func copy(of node: Node, at event: YAMLEvent, depth: Int) throws(SyntaxError) -> Node {
        aliasedValues += 1
        guard aliasedValues <= YAMLReader.maximumAliasedValues else {
            throw event.error(
                "aliases stand for more than \(YAMLReader.maximumAliasedValues) values; write fewer of them")
        }
        let content: Node.Content
        switch node.content {
        case .scalar: content = node.content
        case .array(let elements):
            guard depth < JSONReader.maximumDepth else { throw event.tooDeep }
            var copies: [Node] = []
            for element in elements { copies.append(try copy(of: element, at: event, depth: depth + 1)) }
            content = .array(copies)
        case .object(let members):
            guard depth < JSONReader.maximumDepth else { throw event.tooDeep }
            var copies: [Node.Member] = []
            for member in members {
                let value = try copy(of: member.value, at: event, depth: depth + 1)
                copies.append(
                    Node.Member(key: member.key, keyStart: event.start, keyRange: event.range, value: value))
            }
            content = .object(copies)
        }
        return Node(content, start: event.start, range: event.range)
    }
}

extension YAMLEvent {
    fileprivate func error(_ problem: String) -> SyntaxError { SyntaxError(problem, at: start) }

    fileprivate var tooDeep: SyntaxError { error("values are nested more than \(JSONReader.maximumDepth) deep") }

    /// From the start of a list or group to its end: its bracket, or the end of the last value in it.
    fileprivate func range(to end: YAMLEvent, _ last: Node?) -> Range<Int> {
        let bound = isFlow ? end.range.upperBound : max(range.upperBound, last?.range.upperBound ?? 0)
        return range.lowerBound..<bound
    }
}
