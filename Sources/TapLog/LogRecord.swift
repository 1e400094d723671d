package import Logging
package import TapData

/// An event as it is written: with nothing secret in it.
package struct LogRecord: Sendable, Equatable {
    /// When it happened: RFC 3339, UTC, with milliseconds.
    package var time: String
    package var level: Logger.Level
    package var message: String
    /// What it is about, by name.
    package var fields: DatumObject

    package init(time: String, level: Logger.Level, message: String, fields: DatumObject = [:]) {
        self.time = time
        self.level = level
        self.message = message
        self.fields = fields
    }

    /// An event of now.
    init(_ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata = [:]) {
        self.init(time: Timestamp.now, level: level, message: message, fields: Secrets.fields(of: metadata))
    }

    /// The error that it is about, if it is about one.
    package var error: String? { if case .string(let text)? = fields["error"] { text } else { nil } }

    /// About how much memory it takes.
    var byteCount: Int {
        fields.members.reduce(message.utf8.count + 200) { $0 + $1.key.utf8.count + LogRecord.byteCount($1.value) }
    }

    private static func byteCount(_ value: Datum) -> Int {
        switch value {
        case .string(let text): text.utf8.count + 100
        case .array(let elements): elements.reduce(100) { $0 + byteCount($1) }
        case .object(let object): object.members.reduce(100) { $0 + $1.key.utf8.count + byteCount($1.value) }
        default: 50
        }
    }
}
