package import Logging
package import NIOCore

/// What a program writes, line by line in the log, and not more lines in a second than it may.
///
/// Lines beyond are left out: the program is never made to wait. The log says when that begins, and how many there were when
/// a second passes without.
package struct OutputLog: Sendable {
    /// How much is logged.
    package struct Limits: Equatable, Sendable {
        /// How many lines in a second.
        package var lines: Int
        /// How many bytes of a line.
        package var lineBytes: Int

        package init(lines: Int, lineBytes: Int) { (self.lines, self.lineBytes) = (lines, lineBytes) }
    }

    private let logger: Logger
    private let level: Logger.Level
    private let message: Logger.Message
    private let limits: Limits
    private var splitter: LineSplitter
    private var second: NIODeadline?
    private var linesOfSecond = 0
    private var leftOutOfSecond = 0
    /// How many lines were logged.
    package private(set) var logged = 0
    /// How many lines were left out.
    package private(set) var leftOut = 0
    private var leftOutBefore = 0

    /// A log for one stream of a program.
    ///
    /// - Parameters:
    ///   - logger: where lines go.
    ///   - level: their level.
    ///   - message: what is said with each line.
    ///   - limits: how much is logged.
    package init(_ logger: Logger, _ level: Logger.Level, _ message: Logger.Message, _ limits: Limits) {
        (self.logger, self.level, self.message, self.limits) = (logger, level, message, limits)
        splitter = LineSplitter(maximumBytes: limits.lineBytes)
    }

    /// Takes what was written at a moment.
    package mutating func take(_ bytes: ByteBuffer, at now: NIODeadline) {
        var lines: [LineSplitter.Line] = []
        var count = 0
        beginSecond(at: now)
        let room = limits.lines - linesOfSecond
        splitter.take(bytes) { line in
            count += 1
            if count <= room { lines.append(line) }
        }
        note(lines, count)
    }

    /// Writes what is left of a line, and how many were left out.
    package mutating func end(at now: NIODeadline) {
        var last: [LineSplitter.Line] = []
        beginSecond(at: now)
        splitter.end { last = [$0] }
        note(linesOfSecond < limits.lines ? last : [], last.count)
        leftOutOfSecond = 0
        tellLeftOut()
    }

    private mutating func note(_ lines: [LineSplitter.Line], _ count: Int) {
        for line in lines { logger.log(level: level, message, metadata: ["text": "\(line.text)"]) }
        linesOfSecond += lines.count
        logged += lines.count
        guard count > lines.count else { return }
        if leftOut == leftOutBefore {
            logger.warning(
                "a program writes too many lines; some are left out", metadata: ["lines-per-second": "\(limits.lines)"])
        }
        leftOutOfSecond += count - lines.count
        leftOut += count - lines.count
    }

    private mutating func beginSecond(at now: NIODeadline) {
        if let second, now < second + .seconds(1) { return }
        // A flood that goes on is told once.
        let isOver = leftOutOfSecond == 0 || second.map { now > $0 + .seconds(2) } ?? true
        (second, linesOfSecond, leftOutOfSecond) = (now, 0, 0)
        if isOver { tellLeftOut() }
    }

    private mutating func tellLeftOut() {
        guard leftOut > leftOutBefore else { return }
        logger.warning("lines of a program were left out", metadata: ["lines": "\(leftOut - leftOutBefore)"])
        leftOutBefore = leftOut
    }
}
