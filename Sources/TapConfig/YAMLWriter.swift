import CYAML
package import TapData

/// Writes YAML in one canonical form: equal trees with members in the same order give equal bytes.
package enum YAMLWriter {
    /// The text of a tree, ending with a line feed.
    ///
    /// Bytes become text in base64.
    package static func write(_ datum: Datum) -> String {
        let emitter = UnsafeMutablePointer<yaml_emitter_t>.allocate(capacity: 1)
        defer { emitter.deallocate() }
        guard yaml_emitter_initialize(emitter) == 1 else { return "" }
        defer { yaml_emitter_delete(emitter) }
        let output = Output()
        yaml_emitter_set_output(
            emitter,
            { target, bytes, count in
                guard let target, let bytes else { return 0 }
                Unmanaged<Output>.fromOpaque(target).takeUnretainedValue().bytes += UnsafeBufferPointer(
                    start: bytes, count: count)
                return 1
            }, Unmanaged.passUnretained(output).toOpaque())
        yaml_emitter_set_unicode(emitter, 1)
        yaml_emitter_set_width(emitter, -1)
        yaml_emitter_set_indent(emitter, 2)
        var event = yaml_event_t()
        yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING)
        yaml_emitter_emit(emitter, &event)
        yaml_document_start_event_initialize(&event, nil, nil, nil, 1)
        yaml_emitter_emit(emitter, &event)
        emit(datum, to: emitter)
        yaml_document_end_event_initialize(&event, 1)
        yaml_emitter_emit(emitter, &event)
        yaml_stream_end_event_initialize(&event)
        yaml_emitter_emit(emitter, &event)
        withExtendedLifetime(output) {}
        return String(decoding: output.bytes, as: UTF8.self)
    }

    private final class Output {
        var bytes: [UInt8] = []
    }

    private static func emit(_ datum: Datum, to emitter: UnsafeMutablePointer<yaml_emitter_t>) {
        var event = yaml_event_t()
        switch datum {
        case .array(let elements):
            let style = elements.isEmpty ? YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE
            yaml_sequence_start_event_initialize(&event, nil, nil, 1, style)
            yaml_emitter_emit(emitter, &event)
            for element in elements { emit(element, to: emitter) }
            yaml_sequence_end_event_initialize(&event)
            yaml_emitter_emit(emitter, &event)
        case .object(let object):
            let style = object.isEmpty ? YAML_FLOW_MAPPING_STYLE : YAML_BLOCK_MAPPING_STYLE
            yaml_mapping_start_event_initialize(&event, nil, nil, 1, style)
            yaml_emitter_emit(emitter, &event)
            for (key, value) in object.members {
                emit(.string(key), to: emitter)
                emit(value, to: emitter)
            }
            yaml_mapping_end_event_initialize(&event)
            yaml_emitter_emit(emitter, &event)
        case .string(let text): emit(text, isQuoted: PlainScalar.datum(of: text) != .string(text), to: emitter)
        case .bytes: emit(.string(String(JSONWriter.line(datum).dropFirst().dropLast())), to: emitter)
        case .null, .bool, .integer, .number: emit(JSONWriter.line(datum), isQuoted: false, to: emitter)
        }
    }

    private static func emit(_ text: String, isQuoted: Bool, to emitter: UnsafeMutablePointer<yaml_emitter_t>) {
        let isAmbiguous = PlainScalar.isAmbiguous(text)
        let isMultiline = text.contains("\n")
        let style = isQuoted || isAmbiguous || isMultiline ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_ANY_SCALAR_STYLE
        var event = yaml_event_t()
        var bytes = Array(text.utf8)
        yaml_scalar_event_initialize(&event, nil, nil, &bytes, Int32(bytes.count), 1, 1, style)
        yaml_emitter_emit(emitter, &event)
    }
}
