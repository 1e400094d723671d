import CYAML
package import TapData

/// Reads YAML (1.2, core schema) into a located tree, by libyaml's events.
///
/// One document, keys are text and stand once, at most ``JSONReader/maximumDepth`` levels. Anchors, aliases and tags are
/// refused: a description says each thing where it belongs.
package struct YAMLReader {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let bytes: [UInt8]
    private var depth = 0

    /// Reads the one document of a text; an empty text is nothing.
    ///
    /// Throws ``SyntaxError``.
    package static func read(_ text: String) throws(SyntaxError) -> Node {
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        defer { parser.deallocate() }
        guard yaml_parser_initialize(parser) == 1 else {
            throw SyntaxError("memory is short", at: Position(line: 1, column: 1))
        }
        defer { yaml_parser_delete(parser) }
        let bytes = Array(text.utf8)
        return try bytes.withUnsafeBufferPointer { buffer throws(SyntaxError) in
            yaml_parser_set_input_string(parser, buffer.baseAddress, buffer.count)
            var reader = YAMLReader(parser: parser, bytes: bytes)
            return try reader.document()
        }
    }

    private init(parser: UnsafeMutablePointer<yaml_parser_t>, bytes: [UInt8]) {
        self.parser = parser
        self.bytes = bytes
    }

    private mutating func document() throws(SyntaxError) -> Node {
        _ = try next()
        var event = try next()
        guard event.type == YAML_DOCUMENT_START_EVENT else {
            return Node(.scalar(.null), start: Position(line: 1, column: 1))
        }
        event = try next()
        let node = try value(event)
        _ = try next()
        let after = try next()
        guard after.type == YAML_STREAM_END_EVENT else {
            throw after.error("a second document begins; only one is read")
        }
        return node
    }

    private mutating func value(_ event: Event) throws(SyntaxError) -> Node {
        if event.hasAnchor { throw event.error("anchors and aliases are not used here; write the value out") }
        if event.hasTag { throw event.error("tags are not used here; leave it out") }
        switch event.type {
        case YAML_SCALAR_EVENT:
            let datum = event.isPlain ? PlainScalar.datum(of: event.text) : .string(event.text)
            return Node(.scalar(datum), start: event.start)
        case YAML_SEQUENCE_START_EVENT: return Node(.array(try elements(event)), start: event.start)
        case YAML_MAPPING_START_EVENT: return Node(.object(try members(event)), start: event.start)
        default: throw event.error("a value is expected")
        }
    }

    private mutating func enter(_ event: Event) throws(SyntaxError) {
        depth += 1
        guard depth <= JSONReader.maximumDepth else {
            throw event.error("values are nested more than \(JSONReader.maximumDepth) deep")
        }
    }

    private mutating func elements(_ start: Event) throws(SyntaxError) -> [Node] {
        try enter(start)
        var elements: [Node] = []
        while case let event = try next(), event.type != YAML_SEQUENCE_END_EVENT { elements.append(try value(event)) }
        depth -= 1
        return elements
    }

    private mutating func members(_ start: Event) throws(SyntaxError) -> [Node.Member] {
        try enter(start)
        var members: [Node.Member] = []
        var seen: Set<String> = []
        while case let key = try next(), key.type != YAML_MAPPING_END_EVENT {
            guard key.type == YAML_SCALAR_EVENT, !key.hasAnchor, !key.hasTag else {
                throw key.error("a key must be text")
            }
            guard seen.insert(key.text).inserted else { throw key.error("the key \"\(key.text)\" stands twice") }
            members.append(Node.Member(key: key.text, keyStart: key.start, value: try value(try next())))
        }
        depth -= 1
        return members
    }

    private func position(offset: Int) -> Position {
        let before = bytes.prefix(offset)
        let line = before.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        // Continuation bytes of UTF-8 are no characters of their own.
        return Position(line: line.count, column: (line.last ?? []).count { $0 & 0xC0 != 0x80 } + 1)
    }

    private func next() throws(SyntaxError) -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else {
            let problem = parser.pointee.problem.map { String(cString: $0) } ?? "the text can't be read"
            // A character that may not stand in YAML at all is only told by its offset.
            if parser.pointee.error == YAML_READER_ERROR {
                throw SyntaxError(problem, at: position(offset: Int(parser.pointee.problem_offset)))
            }
            let mark = parser.pointee.problem_mark
            throw SyntaxError(problem, at: Position(line: Int(mark.line) + 1, column: Int(mark.column) + 1))
        }
        defer { yaml_event_delete(&event) }
        return Event(event)
    }
}

/// What is needed of one of libyaml's events, copied out of it.
private struct Event {
    let type: yaml_event_type_t
    let start: Position
    var text = ""
    var isPlain = false
    var hasAnchor = false
    var hasTag = false

    init(_ event: yaml_event_t) {
        type = event.type
        start = Position(line: Int(event.start_mark.line) + 1, column: Int(event.start_mark.column) + 1)
        switch event.type {
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE
            hasAnchor = scalar.anchor != nil
            hasTag = scalar.tag != nil
        case YAML_SEQUENCE_START_EVENT:
            hasAnchor = event.data.sequence_start.anchor != nil
            hasTag = event.data.sequence_start.tag != nil
        case YAML_MAPPING_START_EVENT:
            hasAnchor = event.data.mapping_start.anchor != nil
            hasTag = event.data.mapping_start.tag != nil
        case YAML_ALIAS_EVENT: hasAnchor = true
        default: break
        }
    }

    func error(_ problem: String) -> SyntaxError { SyntaxError(problem, at: start) }
}

/// What an unquoted word of YAML means (YAML 1.2.2, section 10.3.2).
enum PlainScalar {
    static func datum(of text: String) -> Datum {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        default: return number(text) ?? .string(text)
        }
    }

    private static func number(_ text: String) -> Datum? {
        guard let first = text.utf8.first, "+-.0123456789".utf8.contains(first) else { return nil }
        for (prefix, radix) in [("0o", 8), ("0x", 16)] where text.hasPrefix(prefix) {
            let digits = text.dropFirst(2)
            guard let first = digits.first, first != "-", first != "+" else { return nil }
            return Int64(digits, radix: radix).map { .integer($0) }
        }
        if let integer = Int64(text) { return .integer(integer) }
        // Only digits with a point or an exponent: Swift's own reader would also take "1_0", "0x1p3" and "nan".
        guard text.utf8.allSatisfy({ "+-.0123456789eE".utf8.contains($0) }), let number = Double(text), number.isFinite
        else {
            return nil
        }
        return .number(number)
    }
}
