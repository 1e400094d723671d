package import Logging
package import Taproom

/// Where a log goes, and how it looks there.
package struct LogConfiguration: Sendable {
    /// Where a log goes.
    package enum Destination: Sendable, Equatable {
        case standardOutput
        /// A file, which is made when it is not there, and numbered copies of it.
        case file(String, LogRotation)
        /// The syslog daemon of this machine; `prefix` is the name of the program in its lines.
        case syslog(prefix: String)
    }

    /// How an event is written; it is always one line.
    package enum Format: String, Sendable, CaseIterable {
        /// `2026-11-21T10:04:05.123Z notice: listening at=tcp:80`.
        case text
        /// An object with `time`, `level`, `message` and what the event is about.
        case json
    }

    package var destination: Destination
    package var format: Format
    /// Events below it are left out.
    package var level: Logger.Level

    package init(
        destination: Destination = .standardOutput, format: Format = .text, level: Logger.Level = .notice
    ) {
        self.destination = destination
        self.format = format
        self.level = level
    }
}

/// When a log file is put aside, and how many are kept.
///
/// `FILE` becomes `FILE.1`, that `FILE.2`, and so on: the highest number is the oldest.
package struct LogRotation: Sendable, Equatable {
    /// No file gets larger, unless a single line is; 0: it may grow without end.
    package var size: ByteCount
    /// How many files there are besides the one that is written, from 0.
    package var keep: Int

    package init(size: ByteCount = ByteCount(bytes: 10_000_000), keep: Int = 5) {
        self.size = size
        self.keep = keep
    }
}
