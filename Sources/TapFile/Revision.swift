/// A numbered point in a tap's history, as `tapctl history --json` prints it.
package struct Revision: Sendable, Equatable, Codable {
    package enum Kind: String, Sendable, Codable {
        case made, change, snapshot, rollback, migration, `import`
    }

    package enum Status: String, Sendable, Codable {
        /// Stored, and not yet what runs.
        case pending
        case active
        /// Could not be made to run; the application went on with the one before.
        case failed
        case superseded
    }

    /// The number; it only grows.
    package var revision: Int
    /// RFC 3339, UTC.
    package var time: String
    package var author: String
    package var origin: String
    package var comment: String
    package var kind: Kind
    package var status: Status
    /// The name, when this is a snapshot.
    package var snapshot: String?

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(revision, forKey: .revision)
        try container.encode(time, forKey: .time)
        try container.encode(author, forKey: .author)
        try container.encode(origin, forKey: .origin)
        try container.encode(comment, forKey: .comment)
        try container.encode(kind, forKey: .kind)
        try container.encode(status, forKey: .status)
        // Written even when there is none, so that every entry has the same keys.
        try container.encode(snapshot, forKey: .snapshot)
    }
}

/// Who makes a revision, and why.
package struct Authorship: Sendable, Equatable, Codable {
    /// The user's name.
    package var author: String
    /// The tool: `mktap`, `tapctl`, `tapd`.
    package var origin: String
    package var comment: String
    /// The active revision that the change was made for; nil: whichever there is.
    package var expected: Int?

    package init(author: String, origin: String, comment: String = "", expected: Int? = nil) {
        self.author = author
        self.origin = origin
        self.comment = comment
        self.expected = expected
    }
}

/// The text that an application was made from or last merged with.
package struct BaseDescription: Sendable, Equatable {
    /// The path of the file.
    package var name: String
    package var text: String

    /// The name of the file, without its folder.
    package var fileName: String { name.split(separator: "/").last.map(String.init) ?? name }

    /// The folder that relative paths in it are taken from; nil: it is not known, they stay as they are.
    package var folder: String? {
        guard name.hasPrefix("/"), let slash = name.lastIndex(of: "/") else { return nil }
        return slash == name.startIndex ? "/" : String(name[..<slash])
    }

    package init(name: String, text: String) {
        self.name = name
        self.text = text
    }
}
