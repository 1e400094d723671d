import Glibc
package import Logging
package import NIOCore
import NIOPosix
import Synchronization
package import TapLog
import TapNetwork
import Taproom

/// The file of an access log, with the lines that wait for it.
///
/// Lines are handed over from any thread, and written by one thread at a time, which no event loop waits for. When the disk
/// does not keep up, or takes nothing, lines wait up to a limit; beyond that they are dropped and counted.
package final class AccessLogFile: OwnLog {
    /// How many bytes wait at most.
    package static let maximumWaitingBytes = 4 << 20
    private static let timeBetweenTries = TimeAmount.seconds(1)

    private struct Lines {
        var bytes: ByteBuffer
        let count: Int
    }

    private enum State {
        case idle
        /// A thread writes, or will at once.
        case writing
        /// Nothing could be written; it is tried again after a while.
        case pausing
    }

    private struct Contents {
        var state = State.idle
        var waiting: [Lines] = []
        var waitingBytes = 0
        var lost = 0
        var reopens = false
        /// Whether lines that can't be written now are given up.
        var isEnding = false
        /// Whether the last try has failed, which was said then.
        var isFailing = false
        /// When it was said last that lines were lost.
        var saidAt = NIODeadline.distantPast
        var ended: [CheckedContinuation<Void, Never>] = []
    }

    /// Where the file is.
    package let path: String
    private let logger: Logger
    private let contents = Mutex(Contents())
    private let file: Mutex<RotatingFile>

    /// Opens the file.
    ///
    /// Throws ``AccessLogError``.
    package init(_ path: String, _ rotation: LogRotation, _ logger: Logger) throws(AccessLogError) {
        (self.path, self.logger) = (path, logger)
        do throws(LogError) {
            file = Mutex(try RotatingFile(path, rotation))
        } catch {
            throw AccessLogError(error: error)
        }
    }

    /// Takes lines, each with its end.
    package func take(_ bytes: ByteBuffer, count: Int) {
        let isFirst = contents.withLock { contents in
            guard contents.waitingBytes + bytes.readableBytes <= AccessLogFile.maximumWaitingBytes else {
                contents.lost += count
                return false
            }
            contents.waiting.append(Lines(bytes: bytes, count: count))
            contents.waitingBytes += bytes.readableBytes
            return AccessLogFile.begin(&contents)
        }
        if isFirst { work() }
    }

    /// Opens the file anew, before the next line.
    package func reopen() {
        let isFirst = contents.withLock { contents in
            contents.reopens = true
            return AccessLogFile.begin(&contents, evenIfPausing: true)
        }
        if isFirst { work() }
    }

    /// Waits until what was handed over is written; what the disk does not take now is given up.
    package func end() async {
        await withCheckedContinuation { continuation in
            let isFirst = contents.withLock { contents in
                contents.isEnding = true
                contents.ended.append(continuation)
                return AccessLogFile.begin(&contents, evenIfPausing: true)
            }
            if isFirst { work() }
        }
    }

    private static func begin(_ contents: inout Contents, evenIfPausing: Bool = false) -> Bool {
        switch contents.state {
        case .writing: return false
        case .pausing where !evenIfPausing: return false
        case .idle, .pausing:
            contents.state = .writing
            return true
        }
    }

    // MARK: Writing

    private func work() { NIOThreadPool.singleton.submit { [self] _ in write() } }

    private func write() {
        while let (lines, reopens) = next() {
            if reopens { file.withLock { $0.reopen() } }
            guard let lines else { continue }
            let (written, code) = file.withLock { file in
                let written = lines.bytes.withUnsafeReadableBytes { file.write(lines: $0) }
                return (written, written < lines.bytes.readableBytes ? errno : 0)
            }
            let isStuck = note(lines, written: written)
            sayWhatHappened(code)
            if isStuck, !waitOrPause(code) { return }
        }
    }

    /// What is to be done next; nil: nothing is left.
    private func next() -> (lines: Lines?, reopens: Bool)? {
        sayHowManyWereLost()
        let (work, ended) = contents.withLock { contents in
            guard contents.waiting.isEmpty, !contents.reopens else {
                defer { contents.reopens = false }
                return (Optional((contents.waiting.first, contents.reopens)), [CheckedContinuation<Void, Never>]())
            }
            contents.state = .idle
            defer { contents.ended = [] }
            return (nil, contents.ended)
        }
        for continuation in ended { continuation.resume() }
        return work
    }

    /// Forgets what was written of the first lines; answers whether some are left.
    private func note(_ lines: Lines, written: Int) -> Bool {
        contents.withLock { contents in
            contents.waitingBytes -= written
            contents.waiting[0].bytes.moveReaderIndex(forwardBy: written)
            guard contents.waiting[0].bytes.readableBytes == 0 else { return true }
            contents.waiting.removeFirst()
            return false
        }
    }

    /// Answers whether it is tried again at once.
    private func waitOrPause(_ code: CInt) -> Bool {
        if code == EAGAIN, file.withLock({ $0.waitForReader(milliseconds: 1000) }) { return true }
        let isOver = contents.withLock { contents in
            guard contents.isEnding else {
                contents.state = .pausing
                return false
            }
            contents.lost += contents.waiting.reduce(0) { $0 + $1.bytes.lineCount }
            (contents.waiting, contents.waitingBytes) = ([], 0)
            return true
        }
        if isOver { return true }
        _ = EventLoops.shared.any().scheduleTask(in: AccessLogFile.timeBetweenTries) { [self] in
            if contents.withLock({ AccessLogFile.begin(&$0, evenIfPausing: true) }) { work() }
        }
        return false
    }

    // MARK: What is said

    private func sayWhatHappened(_ code: CInt) {
        let (remarks, torn) = file.withLock { file in
            defer { (file.remarks, file.torn) = ([], 0) }
            return (file.remarks, file.torn)
        }
        for remark in remarks { logger.warning("\(remark.message)", metadata: metadata(remark.error ?? "")) }
        let hasFailed = code != 0 && code != EAGAIN
        let isNew = contents.withLock { contents in
            defer { contents.isFailing = hasFailed }
            contents.lost += torn
            return hasFailed && !contents.isFailing
        }
        if isNew {
            let error = SystemCallError("write the access log", code: code)
            logger.error("the access log takes nothing", metadata: metadata("\(error)"))
        }
    }

    private func metadata(_ error: String) -> Logger.Metadata { ["file": "\(path)", "error": "\(error)"] }

    /// Says it once a second at most, and when nothing waits any more.
    private func sayHowManyWereLost() {
        let now = NIODeadline.now()
        let lost = contents.withLock { contents in
            guard contents.waiting.isEmpty || contents.saidAt + AccessLogFile.timeBetweenTries < now else { return 0 }
            defer { contents.lost = 0 }
            if contents.lost > 0 { contents.saidAt = now }
            return contents.lost
        }
        guard lost > 0 else { return }
        logger.warning("lines of the access log were lost", metadata: ["file": "\(path)", "lines": "\(lost)"])
    }
}

extension ByteBuffer {
    fileprivate var lineCount: Int { readableBytesView.count { $0 == UInt8(ascii: "\n") } }
}
