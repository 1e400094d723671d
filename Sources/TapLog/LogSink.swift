import Logging

/// Something a log is written to.
///
/// Used under the lock of a ``LogOutput``.
protocol LogSink: Sendable {
    /// How many events could not be written since one could.
    var lost: Int { get set }
    /// What the sink itself has to say, and has not yet.
    var remarks: [LogRecord] { get set }
    /// Writes an event.
    ///
    /// Answers whether that could be done.
    mutating func put(_ record: LogRecord) -> Bool
    /// Begins a new file, where there is one.
    mutating func reopen()
    /// Makes an account the owner of the file, where there is one.
    func give(toUser user: UInt32, group: UInt32) throws(LogError)
}

extension LogSink {
    mutating func reopen() {}
    func give(toUser user: UInt32, group: UInt32) throws(LogError) {}

    /// Writes an event, after how many were lost before it.
    ///
    /// Answers what was written besides it.
    mutating func write(_ record: LogRecord) -> [LogRecord] {
        var said: [LogRecord] = []
        if lost > 0 {
            let words = lost == 1 ? "line of the log was" : "lines of the log were"
            let loss = LogRecord(.warning, "\(lost) \(words) lost")
            guard put(loss) else {
                lost += 1
                return []
            }
            lost = 0
            said.append(loss)
        }
        if !put(record) { lost += 1 }
        return said + writeRemarks()
    }

    /// Writes what the sink itself has to say, and answers it.
    mutating func writeRemarks() -> [LogRecord] {
        let said = remarks
        remarks = []
        for remark in said where !put(remark) { lost += 1 }
        return said
    }
}
