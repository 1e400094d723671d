import Glibc
import Synchronization

/// How many connections can be open at once, for one service or for the process.
///
/// Listeners ask for room before they accept. Where there is none they accept nothing, and the clients wait in the queue of
/// the kernel, until somebody else leaves.
package final class ConnectionBudget: Sendable {
    private struct Contents {
        var limit: Int
        var open = 0
        var waiting: [@Sendable () -> Void] = []
    }

    /// The budget of this process: what the limit of open files leaves for connections, as it is when this is asked first.
    package static let process = ConnectionBudget(
        limit: ConnectionBudget.connections(
            ofFiles: ConnectionBudget.fileLimit, processors: sysconf(CInt(_SC_NPROCESSORS_ONLN))))

    private let contents: Mutex<Contents>

    /// A budget for at most `limit` connections, one at least.
    package init(limit: Int) { contents = Mutex(Contents(limit: max(limit, 1))) }

    /// The greatest number of connections.
    ///
    /// With a smaller one those that are open stay, and with a greater one those who wait are called.
    package var limit: Int {
        get { contents.withLock { $0.limit } }
        set {
            let waiting = contents.withLock { contents in
                contents.limit = max(newValue, 1)
                return Self.takeWaiting(&contents)
            }
            for resume in waiting { resume() }
        }
    }

    /// Those who wait, if there is room now.
    private static func takeWaiting(_ contents: inout Contents) -> [@Sendable () -> Void] {
        guard contents.open < contents.limit else { return [] }
        defer { contents.waiting = [] }
        return contents.waiting
    }

    /// How many of a number of files can be connections.
    ///
    /// Left for others: 64 for what the program itself has open, 3 for each event loop, and an eighth for files that services
    /// open. Where that is nearly all, connections get a quarter.
    static func connections(ofFiles files: Int, processors: Int) -> Int {
        max(files - 64 - 3 * processors - files / 8, files / 4)
    }

    private static var fileLimit: Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        return Int(min(limit.rlim_cur, 1 << 30))
    }

    /// How many connections are open.
    package var open: Int { contents.withLock { $0.open } }

    /// Counts a connection, also one too many: who accepts several at once may have had room for fewer.
    package func take() { contents.withLock { $0.open += 1 } }

    /// Counts a connection if there is room for it; if not, `resume` is called once as soon as there is.
    package func takeRoom(orWait resume: @escaping @Sendable () -> Void) -> Bool {
        contents.withLock { contents in
            guard contents.open < contents.limit else {
                contents.waiting.append(resume)
                return false
            }
            contents.open += 1
            return true
        }
    }

    /// Counts a connection no more, and calls those who wait if there is room now.
    package func giveBack() {
        let waiting = contents.withLock { contents in
            contents.open -= 1
            return Self.takeWaiting(&contents)
        }
        for resume in waiting { resume() }
    }

    /// How many more connections there can be; when there can be none, `resume` is called once as soon as one can.
    package func room(orWait resume: @escaping @Sendable () -> Void) -> Int {
        contents.withLock { contents in
            if contents.open >= contents.limit { contents.waiting.append(resume) }
            return max(contents.limit - contents.open, 0)
        }
    }
}
