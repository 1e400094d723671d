package import Logging
import Synchronization

/// What was logged.
package final class RecordedLog: Sendable {
    private let lines = Mutex<[String]>([])

    /// A log without lines.
    package init() {}

    /// Writes here.
    package var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }

    /// All lines.
    package var text: String { lines.withLock { $0.joined(separator: "\n") } }

    private struct Handler: LogHandler {
        let log: RecordedLog
        var metadata = Logger.Metadata()
        var logLevel = Logger.Level.trace

        init(log: RecordedLog) { self.log = log }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            log.lines.withLock { $0.append("\(event.level): \(event.message) \(event.metadata ?? [:])") }
        }
    }
}

extension RecordedLog {
    /// Waits until a line contains a text.
    ///
    /// What never comes meets the time limit of the suite.
    package func contains(_ text: String) async {
        while !self.text.contains(text), !Task.isCancelled { await Task.yield() }
    }
}
