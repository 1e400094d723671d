import Synchronization

/// Lines that wait to be read, in order, for one reader.
final class Mailbox: Sendable {
    private struct Contents {
        var lines: [String] = []
        var isClosed = false
        var problem: BadMessage?
        var reader: CheckedContinuation<Void, Never>?
    }

    private let contents = Mutex(Contents())

    /// How many lines wait.
    var count: Int { contents.withLock { $0.lines.count } }

    /// Adds a line.
    func put(_ line: String) { change { $0.lines.append(line) } }

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

    /// Everything that waits, at least one line; nil: nothing more comes.
    ///
    /// Throws why it was closed, behind the last line.
    func takeAll() async throws(BadMessage) -> [String]? {
        while true {
            let taken = contents.withLock { contents in
                defer { contents.lines = [] }
                return contents
            }
            if !taken.lines.isEmpty { return taken.lines }
            if let problem = taken.problem { throw problem }
            if taken.isClosed { return nil }
            await withCheckedContinuation { continuation in
                let isThere = contents.withLock { contents in
                    if !contents.lines.isEmpty || contents.isClosed { return true }
                    contents.reader = continuation
                    return false
                }
                if isThere { continuation.resume() }
            }
        }
    }
}
