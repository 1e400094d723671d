import TapNetwork
import Taproom

/// What clients say, a command in a line: `version`, `count`, `clear`, `items`, `status`, `get KEY`, `set KEY VALUE`, and
/// `delete KEY`.
struct CacheCommands {
    private let start = ContinuousClock.now
    private let entries: StoredTable<String, String, EverySecond>

    init(_ entries: StoredTable<String, String, EverySecond>) { self.entries = entries }

    /// How many entries there are.
    func count() async throws -> Int { try await entries.rows().reduce(0) { count, _ in count + 1 } }

    func talk(to client: Connection) async throws {
        do {
            for try await line in client.lines(longest: 65_536) { try await carryOut(line, for: client) }
        } catch let error as LineTooLong {
            try await client.write("error: \(error)\n")
        }
    }

    private func carryOut(_ line: String, for client: Connection) async throws {
        let words = line.split(separator: " ", maxSplits: 2).map(String.init)
        switch (words.first, words.count) {
        case ("version", 1): try await client.write("cache 1.0\n")
        case ("status", 1): try await client.write("up \((ContinuousClock.now - start).components.seconds) s\n")
        case ("count", 1): try await client.write("\(try await count())\n")
        case ("items", 1):
            for try await (key, value) in entries.rows() { try await client.write("\(key) \(value)\n") }
            try await client.write("end\n")
        case ("clear", 1):
            for try await (key, _) in entries.rows() { entries.set(nil, for: key) }
            try await client.write("ok\n")
        case ("get", 2): try await client.write((try await entries.value(for: words[1]) ?? "none") + "\n")
        case ("set", 3):
            entries.set(words[2], for: words[1])
            try await client.write("ok\n")
        case ("delete", 2):
            let was = try await entries.update(words[1]) { value in
                defer { value = nil }
                return value
            }
            try await client.write(was == nil ? "none\n" : "ok\n")
        default: try await client.write("error: say version, status, count, items, clear, get, set or delete\n")
        }
    }
}
