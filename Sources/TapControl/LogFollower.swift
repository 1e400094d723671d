package import TapLog

/// Follows the log of an application, also over an upgrade, when another process goes on behind the same socket.
package struct LogFollower {
    /// What there is to show.
    package enum Event: Equatable {
        case line(RecentLog.Line)
        /// So many lines were written and are gone.
        case missed(Int)
    }

    private let socket: String
    private var last: RecentLog.Line?

    /// A follower of what runs behind a socket.
    package init(socket: String) { self.socket = socket }

    /// Gives the newest events to `show` and then all others as they come.
    ///
    /// - Parameters:
    ///   - count: how many there are at first.
    ///   - show: answers whether it wants more.
    /// - Returns: false when nobody answers at the socket, true when the application has ended or `show` wanted no more.
    /// - Throws: ``RemoteError`` when the application refuses, and what `show` throws.
    package mutating func follow(newest count: Int, _ show: (Event) throws -> Bool) async throws -> Bool {
        guard var running = try RemoteApplication(socket: socket) else { return false }
        var (count, isWanted) = (count, true)
        while isWanted {
            try await running.followLogs(newest: count) { line in
                for event in events(line) where isWanted { isWanted = try show(event) }
                return isWanted
            }
            guard isWanted, let next = try await answering() else { break }
            (running, count) = (next, RecentLog.capacity)
        }
        return true
    }

    /// What is to be shown of a line that came: nothing when it has been.
    mutating func events(_ line: RecentLog.Line) -> [Event] {
        guard let last else {
            self.last = line
            return [.line(line)]
        }
        let expected = line.process == last.process ? last.number + 1 : 1
        guard line.number >= expected else { return [] }
        self.last = line
        return line.number > expected ? [.missed(line.number - expected), .line(line)] : [.line(line)]
    }

    /// The application that answers now, after the one before it has ended; nil when there is none within a moment.
    private func answering() async throws -> RemoteApplication? {
        for _ in 0..<3 {
            try? await Task.sleep(for: .milliseconds(100))
            guard let running = try RemoteApplication(socket: socket) else { continue }
            // One that ends may still have its socket open.
            if (try? await running.logs(newest: 0)) != nil { return running }
        }
        return nil
    }
}
