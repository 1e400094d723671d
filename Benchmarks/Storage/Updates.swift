import TapFile
import Taproom

/// Measures how many updates a second some writers get done, each waiting for one before it makes the next.
func measureUpdates(of path: String, isDurable: Bool, writers: Int, for time: Duration) async throws {
    try await withService(of: path) { context, writer in
        try await fillVisits(writer)
        if isDurable {
            let table = context.open(Tables.always)
            try await measure(writers, time) { key, number in try await table.set(Visit(number: number), for: key) }
        } else {
            let table = context.open(Tables.late)
            try await measure(writers, time) { key, number in table.set(Visit(number: number), for: key) }
        }
    }
}

/// Every key has a row before the clock starts, and the log has grown already: what is measured are changes of rows.
private func fillVisits(_ writer: TapWriter) async throws {
    try await writer.perform { tap in
        try tap.commit {
            for key in 0..<keys {
                let address = StateAddress(service: 1, cell: Tables.always.name, key: .integer(Int64(key)))
                try tap.setState(address, try Visit(number: key).stored(version: 1))
            }
        }
    }
}

private func measure(
    _ writers: Int, _ time: Duration, _ update: @escaping @Sendable (_ key: Int, _ number: Int) async throws -> Void
) async throws {
    let start = ContinuousClock.now
    let total = try await withThrowingTaskGroup(of: Int.self) { group in
        for writer in 0..<writers {
            group.addTask {
                var random = UInt64(writer + 1) &* 0x9E37_79B9_7F4A_7C15
                var count = 0
                while ContinuousClock.now - start < time {
                    // xorshift64 (Marsaglia, 2003), as in sqlite-loop.c.
                    random ^= random << 13
                    random ^= random >> 7
                    random ^= random << 17
                    try await update(Int(random % UInt64(keys)), count)
                    count += 1
                }
                return count
            }
        }
        return try await group.reduce(0, +)
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    report("updates/s", Double(total) / seconds)
}
