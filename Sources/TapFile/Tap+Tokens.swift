import TapData
import TapPages

/// The right of somebody to ask an application over TCP.
package struct ControlToken: Sendable, Equatable, Codable {
    /// What a token allows.
    package enum Role: String, Sendable, Codable, CaseIterable {
        /// To look.
        case read
        /// To change the application too.
        case write
    }

    package var name: String
    package var role: Role
    /// When it was made: RFC 3339, UTC.
    package var time: String

    /// Whether it allows changes.
    package var canWrite: Bool { role == .write }

    package init(name: String, role: Role, time: String) {
        self.name = name
        self.role = role
        self.time = time
    }
}

/// A token as it is kept: nobody can tell its text from that.
private struct StoredToken: Codable {
    var name: String
    var role: ControlToken.Role
    var time: String
    /// SHA-256, in base64.
    var digest: String

    var token: ControlToken { ControlToken(name: name, role: role, time: time) }
}

/// The tokens are in the table `about`, which is no part of the history: whoever goes back to an earlier point does not
/// bring a token back that was removed.
extension Tap {
    private static let tokensKey = "tokens"

    /// The tokens, by name.
    ///
    /// Throws ``TapFileError/damaged(path:problem:)`` when what is stored can't be read.
    package func tokens() throws -> [ControlToken] { try storedTokens().map(\.token).sorted { $0.name < $1.name } }

    /// The token of a text; nil: there is none.
    ///
    /// All are compared, each in a time that tells nothing.
    package func token(_ text: String) throws -> ControlToken? {
        let digest = TokenText.digest(of: text)
        return try storedTokens().filter { TokenText.isEqual(Base64.decode($0.digest) ?? [], digest) }.first?.token
    }

    /// Keeps a new token.
    ///
    /// Inside of ``commit(_:)``. Answers its text, which is not kept; nil: there is one of the name already.
    package func addToken(_ name: String, _ role: ControlToken.Role) throws -> String? {
        var tokens = try storedTokens()
        guard !tokens.contains(where: { $0.name == name }) else { return nil }
        let text = TokenText.random()
        let digest = Base64.encode(TokenText.digest(of: text))
        tokens.append(StoredToken(name: name, role: role, time: Timestamp.now, digest: digest))
        try store(tokens)
        return text
    }

    /// Forgets a token.
    ///
    /// Inside of ``commit(_:)``. Answers whether there was one.
    package func removeToken(_ name: String) throws -> Bool {
        let tokens = try storedTokens()
        let rest = tokens.filter { $0.name != name }
        guard rest.count < tokens.count else { return false }
        try store(rest)
        return true
    }

    private func storedTokens() throws -> [StoredToken] {
        let stored = try database.rows("SELECT value FROM about WHERE key = ?", [.text(Tap.tokensKey)]) { $0.text(0) }
        guard let text = stored.first else { return [] }
        guard let tokens = try? DatumDecoder().decode([StoredToken].self, from: JSONReader.read(text).datum) else {
            throw TapFileError.damaged(path: path, problem: "the tokens can't be read")
        }
        return tokens
    }

    private func store(_ tokens: [StoredToken]) throws {
        let text = JSONWriter.line(try DatumEncoder().encode(tokens))
        try database.query("INSERT OR REPLACE INTO about VALUES (?, ?)", [.text(Tap.tokensKey), .text(text)])
    }
}
