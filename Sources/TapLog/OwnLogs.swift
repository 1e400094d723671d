import Synchronization

/// A log that a service writes itself.
package protocol OwnLog: AnyObject, Sendable {
    /// Begins a new file soon, as ``RotatingFile/reopen()`` does.
    ///
    /// Called on any thread.
    func reopen()
}

/// The logs that services write themselves: the signal for the program's log (SIGUSR1) is for them too.
package final class OwnLogs: Sendable {
    private struct Entry {
        weak var log: (any OwnLog)?
    }

    /// Those of this process.
    package static let process = OwnLogs()

    private let entries = Mutex<[ObjectIdentifier: Entry]>([:])

    /// None yet.
    package init() {}

    /// Adds a log, as long as it lives.
    package func add(_ log: any OwnLog) {
        entries.withLock { entries in
            entries = entries.filter { $0.value.log != nil }
            entries[ObjectIdentifier(log)] = Entry(log: log)
        }
    }

    /// Has all of them begin new files.
    package func reopen() {
        for log in entries.withLock({ $0.values.compactMap(\.log) }) { log.reopen() }
    }
}
