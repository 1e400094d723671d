import Logging
import TapData

/// An event as text of one line, without the line's end.
package enum LogFormat {
    /// Time, level, message, then what it is about as `key=value`.
    package static func text(_ record: LogRecord, _ style: TextStyle = .plain) -> String {
        switch style {
        case .plain: "\(record.time) \(record.level): \(body(record))"
        case .coloured: "\(record.time) \(coloured(record.level)): \(body(record) { "\u{1B}[36m\($0)\u{1B}[0m" })"
        // The journal knows the time by itself, and the priority by the prefix: sd-daemon(3).
        case .journal: "<\(record.level.severity)>\(record.level): \(body(record))"
        }
    }

    /// Message, then what it is about as `key=value`.
    static func body(_ record: LogRecord, colouring: (String) -> String = { $0 }) -> String {
        record.fields.members.reduce(into: LineText.escaped(record.message)) { text, field in
            text += " \(colouring(LineText.name(field.key)))=\(LineText.quoted(field.value))"
        }
    }

    /// A JSON object; a field with the name of another one gets `_` before it.
    static func json(_ record: LogRecord) -> String {
        var object: DatumObject = [
            "time": .string(record.time), "level": .string(record.level.rawValue), "message": .string(record.message),
        ]
        for field in record.fields.members {
            var key = field.key
            while object[key] != nil { key = "_" + key }
            object[key] = field.value
        }
        return LineText.escaped(JSONWriter.line(.object(object)))
    }

    /// Colours of ECMA-48, section 8.3.117.
    private static func coloured(_ level: Logger.Level) -> String {
        let colour =
            switch level {
            case .critical, .error: "1;31"
            case .warning: "33"
            case .notice: "32"
            case .info, .debug, .trace: "2"
            }
        return "\u{1B}[\(colour)m\(level)\u{1B}[0m"
    }
}
