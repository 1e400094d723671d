import CYAML
import TapData

/// The events of a YAML text, one after the other, as libyaml tells them.
final class YAMLEvents {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let source: YAMLSource

    /// Reads a text with a body that takes its events.
    static func reading<Result>(
        _ text: String, _ body: (YAMLEvents) throws(SyntaxError) -> Result
    ) throws(SyntaxError) -> Result {
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        defer { parser.deallocate() }
        guard yaml_parser_initialize(parser) == 1 else {
            throw SyntaxError("memory is short", at: Position(line: 1, column: 1))
        }
        defer { yaml_parser_delete(parser) }
        let source = YAMLSource(Array(text.utf8))
        return try source.bytes.withUnsafeBufferPointer { buffer throws(SyntaxError) in
            yaml_parser_set_input_string(parser, buffer.baseAddress, buffer.count)
            return try body(YAMLEvents(parser, source))
        }
    }

    private init(_ parser: UnsafeMutablePointer<yaml_parser_t>, _ source: YAMLSource) {
        self.parser = parser
        self.source = source
    }

    /// The next event.
    ///
    /// Throws ``SyntaxError`` when there is none.
    func next() throws(SyntaxError) -> YAMLEvent {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw YAMLProblem.error(of: parser.pointee, in: source) }
        defer { yaml_event_delete(&event) }
        return YAMLEvent(event, in: source)
    }
}

/// What is needed of one of libyaml's events, copied out of it.
struct YAMLEvent {
    enum Kind {
        case scalar, alias, sequenceStart, sequenceEnd, mappingStart, mappingEnd, documentStart, streamEnd, other
    }

    let kind: Kind
    let start: Position
    /// Offsets in the UTF-8 of the text.
    let range: Range<Int>
    var text = ""
    var isPlain = false
    /// Whether a list or group is written in brackets.
    var isFlow = false
    /// The name of the anchor, or of the one that an alias is for.
    var anchor: String?
    var hasTag = false

    init(_ event: yaml_event_t, in source: YAMLSource) {
        start = Position(line: Int(event.start_mark.line) + 1, column: Int(event.start_mark.column) + 1)
        let first = source.offset(event.start_mark)
        range = first..<max(first, source.offset(event.end_mark))
        switch event.type {
        case YAML_SCALAR_EVENT:
            kind = .scalar
            let scalar = event.data.scalar
            text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE
            anchor = YAMLEvent.text(scalar.anchor)
            hasTag = scalar.tag != nil
        case YAML_SEQUENCE_START_EVENT:
            kind = .sequenceStart
            isFlow = event.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE
            anchor = YAMLEvent.text(event.data.sequence_start.anchor)
            hasTag = event.data.sequence_start.tag != nil
        case YAML_MAPPING_START_EVENT:
            kind = .mappingStart
            isFlow = event.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
            anchor = YAMLEvent.text(event.data.mapping_start.anchor)
            hasTag = event.data.mapping_start.tag != nil
        case YAML_ALIAS_EVENT:
            kind = .alias
            anchor = YAMLEvent.text(event.data.alias.anchor)
        case YAML_SEQUENCE_END_EVENT: kind = .sequenceEnd
        case YAML_MAPPING_END_EVENT: kind = .mappingEnd
        case YAML_DOCUMENT_START_EVENT: kind = .documentStart
        case YAML_STREAM_END_EVENT: kind = .streamEnd
        default: kind = .other
        }
    }

    private static func text(_ name: UnsafeMutablePointer<yaml_char_t>?) -> String? { name.map { String(cString: $0) } }
}
