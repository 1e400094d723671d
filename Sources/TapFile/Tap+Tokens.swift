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
        try fact(Tap.tokensKey, as: [StoredToken].self, named: "the list of tokens") ?? []
    }

    private func store(_ tokens: [StoredToken]) throws { try storeFact(Tap.tokensKey, tokens) }
}
