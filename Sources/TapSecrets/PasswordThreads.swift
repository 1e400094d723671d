import Dispatch
import Synchronization

/// Where passwords are checked: beside the event loops, a few at once, with a bounded number of them waiting.
///
/// Each may take a good part of a second and 64 MiB and more.
package final class PasswordThreads: Sendable {
    /// Those of the process.
    package static let shared = PasswordThreads(count: 2, waiting: 64)

    private let queues: [DispatchQueue]
    private let atMost: Int
    private let state = Mutex((unfinished: 0, next: 0))

    /// So many threads, which are there only when there is something to do, and so many checks that may wait for them.
    package init(count: Int, waiting: Int) {
        queues = (0..<count).map { DispatchQueue(label: "taproom.passwords.\($0)") }
        atMost = count + waiting
    }

    /// Does something soon; false when too much waits already, so that it will not be done.
    package func submit(_ work: @escaping @Sendable () -> Void) -> Bool {
        let index = state.withLock { state -> Int? in
            guard state.unfinished < atMost else { return nil }
            state.unfinished += 1
            state.next = (state.next + 1) % queues.count
            return state.next
        }
        guard let index else { return false }
        queues[index].async { [self] in
            work()
            state.withLock { $0.unfinished -= 1 }
        }
        return true
    }
}
