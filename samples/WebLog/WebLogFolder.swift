import FoundationEssentials
import Taproom

/// A text that was published.
struct WebLogEntry: Codable, Sendable, Equatable {
    /// Names the entry for ever, as readers of feeds want it.
    var name = "urn:uuid:" + UUID().uuidString.lowercased()
    var title: String
    var text: String
    var published = Date.now.formatted(.iso8601)
    var updated = Date.now.formatted(.iso8601)

    /// Gives a feed its name the first time.
    static func name(_ feed: inout String) -> String {
        if feed.isEmpty { feed = "urn:uuid:" + UUID().uuidString.lowercased() }
        return feed
    }
}

/// The folder in which texts to publish are.
struct WebLogFolder {
    let path: String

    /// Publishes what is new or was changed, and takes back what is gone.
    func publish(in entries: StoredTable<String, WebLogEntry, Always>) async throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(".txt") }
        for name in names {
            let content = try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)
            let parts = content.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let known = try await entries.value(for: name)
            var entry = WebLogEntry(title: parts[0], text: parts.dropFirst().joined())
            if let known {
                (entry.name, entry.published) = (known.name, known.published)
                if (entry.title, entry.text) == (known.title, known.text) { continue }
            }
            try await entries.set(entry, for: name)
        }
        for try await (name, _) in entries.rows() where !names.contains(name) { try await entries.set(nil, for: name) }
    }
}

extension StoredTable<String, WebLogEntry, Always> {
    /// The last fifty by the names of their files.
    func newest() async throws -> [WebLogEntry] {
        var newest: [WebLogEntry] = []
        for try await (_, entry) in rows(descending: true) {
            newest.append(entry)
            if newest.count == 50 { break }
        }
        return newest
    }
}
