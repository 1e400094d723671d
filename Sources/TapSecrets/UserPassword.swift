public import Taproom

/// The password of a user, of which only a hash is known: argon2id, or a form that `htpasswd` writes.
public struct UserPassword: Codable, Hashable, Sendable, CustomStringConvertible, SettingValue {
    private enum Hash: Hashable, Sendable {
        case own(PasswordHash)
        case crypt(CryptHash)
    }

    private let hash: Hash

    /// Keeps a hash.
    ///
    /// Throws ``PasswordError``, and ``CryptHashError`` for what is none.
    package init(hash text: String) throws {
        hash = text.hasPrefix("$argon2id$") ? .own(try PasswordHash(text)) : .crypt(try CryptHash(text))
    }

    /// The hash.
    public var description: String {
        switch hash {
        case .own(let hash): hash.text
        case .crypt(let hash): hash.text
        }
    }

    /// Whether a password is this one, found out in the thread that calls, which takes up to seconds.
    package func matches(_ password: String) -> Bool {
        switch hash {
        case .own(let hash): hash.matches(password)
        case .crypt(let hash): hash.matches(password)
        }
    }

    /// Reads a hash, or a password, which is hashed.
    ///
    /// Throws for hashes that are not to be trusted, without saying what they were.
    public init(from decoder: any Decoder) throws {
        guard let text = try? decoder.singleValueContainer().decode(String.self), !text.hasPrefix("$argon2id$") else {
            hash = .own(try PasswordHash(from: decoder))
            return
        }
        do throws(CryptHashError) {
            hash = .crypt(try CryptHash(text))
        } catch .plain {
            hash = .own(try PasswordHash(from: decoder))
        } catch {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: error.description))
        }
    }

    /// Writes the hash.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    /// A hash, or a password.
    public static var form: SettingForm {
        let text = "[./A-Za-z0-9]"
        let ways = [
            "\\$argon2id\\$v=19\\$m=[0-9]+,t=[0-9]+,p=[0-9]+\\$[A-Za-z0-9+/]+\\$[A-Za-z0-9+/]+",
            "\\$2[aby]\\$[0-9]{2}\\$\(text){53}", "\\$5\\$(rounds=[0-9]+\\$)?\(text){1,16}\\$\(text){43}",
            "\\$6\\$(rounds=[0-9]+\\$)?\(text){1,16}\\$\(text){86}", "\\$y\\$j\(text){2}\\$\(text){1,86}\\$\(text){43}",
            "(?!\\$|\\{SHA\\}|\\{SSHA\\})(.|\\n)+",
        ]
        return SettingForm(
            "a password",
            writing: "its hash by htpasswd -B, its argon2id hash, or the password itself, which is hashed at once",
            pattern: "^(\(ways.joined(separator: "|")))$",
            examples: ["$2y$10$abcdefghijklmnopqrstuuqflPDzB6gcMhKa1rZqKiun2YGL5sa2u"])
    }
}
