import Logging
import NIOCore
import TapProcess

/// What a program writes to its standard error, line by line in the log.
struct ProgramLog {
    private static let maximumLineBytes = 1024
    /// A program that never stops complaining must not fill the disk.
    private static let maximumLines = 200

    let logger: Logger
    let program: String
    private var splitter = LineSplitter(maximumBytes: maximumLineBytes)
    private var lines = 0

    init(_ logger: Logger, program: String) {
        (self.logger, self.program) = (logger, program)
    }

    /// Takes what was written.
    mutating func take(_ bytes: ByteBuffer) {
        guard lines <= ProgramLog.maximumLines else { return }
        var lines: [LineSplitter.Line] = []
        splitter.take(bytes) { lines.append($0) }
        for line in lines { write(line) }
    }

    /// Writes what is left of a line.
    mutating func end() {
        var last: LineSplitter.Line?
        splitter.end { last = $0 }
        if let last { write(last) }
    }

    private mutating func write(_ line: LineSplitter.Line) {
        lines += 1
        guard lines <= ProgramLog.maximumLines else {
            if lines == ProgramLog.maximumLines + 1 {
                logger.warning("a program wrote too many lines to standard error", metadata: ["program": "\(program)"])
            }
            return
        }
        logger.warning(
            "a program wrote to standard error", metadata: ["program": "\(program)", "text": "\(line.text)"])
    }
}
