package import Logging
package import TapData

extension RecentLog {
    /// An event and its place in the log.
    package struct Line: Sendable, Codable, Equatable {
        /// The process that wrote it.
        package var process: Int
        /// Counts the events of the process from 1; whoever misses a number has missed an event.
        package var number: Int
        /// RFC 3339, UTC, with milliseconds.
        package var time: String
        package var level: Logger.Level
        package var message: String
        /// What it is about, an object.
        package var fields: Datum

        init(process: Int, number: Int, _ record: LogRecord) {
            self.process = process
            self.number = number
            (time, level, message, fields) = (record.time, record.level, record.message, .object(record.fields))
        }

        /// The event.
        package var record: LogRecord {
            LogRecord(time: time, level: level, message: message, fields: fields.object ?? [:])
        }

        /// All of it as a JSON object in one line.
        package var json: String {
            let object: DatumObject = [
                "process": .integer(Int64(process)), "number": .integer(Int64(number)), "time": .string(time),
                "level": .string(level.rawValue), "message": .string(message), "fields": fields,
            ]
            return LineText.escaped(JSONWriter.line(.object(object)))
        }
    }
}
