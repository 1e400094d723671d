import Synchronization

/// Lines that wait to be read, in order, for one reader.
final class Mailbox: Sendable {
    /// How many lines are taken at once.
    private static let mostAtOnce = 64
    /// With how much no more should be put in: in lines, and in bytes.
    private static let (manyLines, manyBytes) = (1024, 4 << 20)

    private struct Contents {
        var lines: [String] = []
        var bytes = 0
        /// Whether the reader has to wait though there are lines.
        var isHeld = false
        var isClosed = false
        var problem: BadMessage?
        var reader: CheckedContinuation<Void, Never>?
    }

    private let contents = Mutex(Contents())

    /// Whether nothing waits.
    var isEmpty: Bool { contents.withLock { $0.lines.isEmpty } }

    /// Whether so much waits that no more should be put in.
    var isFull: Bool {
        contents.withLock { $0.lines.count >= Mailbox.manyLines || $0.bytes >= Mailbox.manyBytes }
    }

    /// Adds a line.
    func put(_ line: String) {
        change { contents in
            contents.lines.append(line)
            contents.bytes += line.utf8.count
        }
    }

    /// Has the reader wait, or go on.
    func hold(_ isHeld: Bool) { change { $0.isHeld = isHeld } }

    /// Says that nothing more comes, and why, when that is a mistake.
    func close(_ problem: BadMessage? = nil) {
        change { contents in
            contents.isClosed = true
            contents.problem = contents.problem ?? problem
        }
    }

    private func change(_ body: (inout Contents) -> Void) {
        let reader = contents.withLock { contents in
            body(&contents)
            defer { contents.reader = nil }
            return contents.reader
        }
        reader?.resume()
    }

    /// Some of what waits, at least one line; nil: nothing more comes.
    ///
    /// Throws why it was closed, behind the last line.
    func take() async throws(BadMessage) -> [String]? {
        while true {
            let (lines, isClosed, problem) = contents.withLock { contents in
                guard contents.isClosed || !contents.isHeld else { return ([String](), false, BadMessage?.none) }
                let lines = Array(contents.lines.prefix(Mailbox.mostAtOnce))
                contents.lines.removeFirst(lines.count)
                contents.bytes -= lines.reduce(0) { $0 + $1.utf8.count }
                return (lines, contents.isClosed, contents.problem)
            }
            if !lines.isEmpty { return lines }
            if let problem { throw problem }
            if isClosed { return nil }
            await withCheckedContinuation { continuation in
                let isThere = contents.withLock { contents in
                    if contents.isClosed || !contents.isHeld && !contents.lines.isEmpty { return true }
                    contents.reader = continuation
                    return false
                }
                if isThere { continuation.resume() }
            }
        }
    }
}
