import Logging
import Synchronization

/// Keeps the lines of a log for a test.
final class RecordedLog: Sendable {
    private let contents = Mutex<[String]>([])

    /// The lines, with their metadata.
    var lines: [String] { contents.withLock { $0 } }

    /// Writes here, from `debug` on.
    var logger: Logger {
        var logger = Logger(label: "test") { _ in Handler(log: self) }
        logger.logLevel = .debug
        return logger
    }

    private struct Handler: LogHandler {
        let log: RecordedLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.debug

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let more = event.metadata.map { " \($0)" } ?? ""
            log.contents.withLock { $0.append("\(event.message)\(more)") }
        }
    }
}
