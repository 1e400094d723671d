import Glibc
package import Logging
import TapData

/// Writes a log as text, a line an event: time, level, message, then what it is about as `key=value`.
package struct TextLog: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    private let descriptor: CInt

    /// A log on an open descriptor, which stays the caller's.
    package init(descriptor: CInt, level: Logger.Level) {
        self.descriptor = descriptor
        logLevel = level
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var all = metadata.merging(event.metadata ?? [:]) { _, new in new }
        if let error = event.error { all["error"] = "\(error)" }
        let details = all.sorted { $0.key < $1.key }.map { " \($0.key)=\(TextLog.quoted("\($0.value)"))" }.joined()
        let line = "\(Timestamp.now) \(event.level): \(event.message)\(details)\n"
        // One write, so that lines of several threads do not mix. A log that can't be written stops nobody.
        _ = Array(line.utf8).withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }

    /// A value that can be told from its neighbours: quoted when it has spaces, control characters escaped.
    private static func quoted(_ value: String) -> String {
        let isPlain = !value.isEmpty && value.unicodeScalars.allSatisfy { $0 > " " && $0 != "\"" && $0 != "\u{7F}" }
        return isPlain ? value : JSONWriter.line(.string(value))
    }
}
