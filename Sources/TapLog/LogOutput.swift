import Glibc
package import Logging
import Synchronization

/// Where all loggers of a program write to.
///
/// Writing never throws and never stops anybody: what can't be written is counted, and that is said when it can again.
package final class LogOutput: Sendable {
    /// The newest events, for those who ask over the control socket.
    package let recent = RecentLog()

    private let level: Logger.Level
    /// Nil: the log has ended.
    private let sink: Mutex<(any LogSink)?>

    /// Opens what the log needs.
    ///
    /// - Parameters:
    ///   - configuration: where it goes, and how it looks.
    ///   - standardOutput: the open file that counts as standard output; it stays the caller's.
    ///   - surroundings: what decides how standard output looks.
    ///   - syslogSocket: where the syslog daemon listens; nil: where it usually does.
    /// - Throws: when the file can't be opened or no daemon listens; then nothing is left open.
    package init(
        _ configuration: LogConfiguration, standardOutput: CInt = STDOUT_FILENO,
        surroundings: TextStyle.Surroundings = .ofProcess, syslogSocket: String? = nil
    ) throws(LogError) {
        level = configuration.level
        let format = configuration.format
        let sink: any LogSink =
            switch configuration.destination {
            case .standardOutput:
                StreamSink(standardOutput, format, TextStyle(for: standardOutput, in: surroundings))
            case .file(let path, let rotation): try FileSink(path, rotation, format)
            case .syslog(let prefix):
                try SyslogSink(syslogSocket ?? SyslogSink.standardSocket, prefix: prefix, format)
            }
        self.sink = Mutex(sink)
    }

    /// A logger that writes here.
    package func logger(_ label: String) -> Logger {
        Logger(label: label) { _ in OutputLogHandler(output: self, logLevel: level) }
    }

    /// Begins a new file: at the path when it was moved away, else by putting the old one aside itself.
    ///
    /// For SIGUSR1. When it fails the log goes on where it is, and says so. Nothing happens for a log that is no file.
    package func reopen() {
        sink.withLock { sink in
            sink?.reopen()
            for remark in sink?.writeRemarks() ?? [] { recent.append(remark) }
        }
    }

    /// Makes an account the owner of the log file, so that it can still open it after root was given up.
    ///
    /// Throws ``LogError``; the file then has the owner it had. Nothing happens for a log that is no file.
    package func give(toUser user: UInt32, group: UInt32) throws(LogError) {
        let sink = sink.withLock { $0 }
        try sink?.give(toUser: user, group: group)
    }

    /// Writes nothing more from now on.
    ///
    /// For the end of a program: threads that still log would put a full file aside while the process goes, and leave it
    /// halfway.
    package func end() { sink.withLock { $0 = nil } }

    func write(_ record: LogRecord) {
        sink.withLock { sink in
            for remark in sink?.write(record) ?? [] { recent.append(remark) }
            recent.append(record)
        }
    }
}

/// Turns what is logged into records without secrets.
private struct OutputLogHandler: LogHandler {
    let output: LogOutput
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { _, new in new } }
        if let given = event.metadata { all.merge(given) { _, new in new } }
        if let error = event.error { all["error"] = "\(error)" }
        output.write(LogRecord(event.level, "\(event.message)", all))
    }
}
