import Glibc
import Synchronization

/// The newest events of a log, kept in memory for those who ask for them or follow.
package final class RecentLog: Sendable {
    /// How many events are kept at most, and how many a follower can be behind before it misses the oldest.
    package static let capacity = 1000
    /// How much memory they may take, about.
    private static let maximumBytes = 4 << 20

    private struct State {
        /// The newest events behind those that are gone, which are removed now and then.
        var lines: [(line: Line, byteCount: Int)?] = []
        var first = 0
        var byteCount = 0
        var newest = 0
        var followers: [Int: @Sendable (Line) -> Void] = [:]
        var nextFollower = 0
    }

    private let process: Int?
    private let state = Mutex(State())

    /// A log without events.
    ///
    /// - Parameter process: the process they are of; nil: this one.
    package init(process: Int? = nil) { self.process = process }

    /// Adds an event.
    package func append(_ record: LogRecord) {
        state.withLock { state in
            state.newest += 1
            let line = Line(process: process ?? Int(getpid()), number: state.newest, record)
            let byteCount = record.byteCount
            state.lines.append((line, byteCount))
            state.byteCount += byteCount
            while state.lines.count - state.first > RecentLog.capacity
                || (state.byteCount > RecentLog.maximumBytes && state.lines.count - state.first > 1)
            {
                state.byteCount -= state.lines[state.first]?.byteCount ?? 0
                state.lines[state.first] = nil
                state.first += 1
            }
            if state.first > RecentLog.capacity {
                state.lines.removeFirst(state.first)
                state.first = 0
            }
            for tell in state.followers.values { tell(line) }
        }
    }

    /// The newest events, oldest first.
    package func newest(_ count: Int) -> [Line] {
        state.withLock { RecentLog.newest(count, $0) }
    }

    private static func newest(_ count: Int, _ state: State) -> [Line] {
        state.lines[state.first...].suffix(max(count, 0)).compactMap { $0?.line }
    }

    /// How many follow at the moment.
    var followerCount: Int { state.withLock { $0.followers.count } }

    /// The newest events, oldest first, and then all others as they come.
    ///
    /// A follower that is too slow misses the oldest of what it has not read, as the numbers tell.
    ///
    /// - Parameters:
    ///   - count: how many there are at first, if so many are kept.
    ///   - transform: what is made of each; it is called while the event is written.
    /// - Returns: the results; whoever reads them ends it by cancelling its task.
    package func follow<Element: Sendable>(
        newest count: Int, _ transform: @escaping @Sendable (Line) -> Element
    ) -> AsyncStream<Element> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Element.self, bufferingPolicy: .bufferingNewest(RecentLog.capacity))
        let number = state.withLock { state in
            for line in RecentLog.newest(count, state) { continuation.yield(transform(line)) }
            state.nextFollower += 1
            state.followers[state.nextFollower] = { continuation.yield(transform($0)) }
            return state.nextFollower
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.followers.removeValue(forKey: number) }
        }
        return stream
    }
}
