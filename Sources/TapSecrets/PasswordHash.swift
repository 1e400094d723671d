public import ArgumentParser
import CSodium
import Dispatch
public import Taproom

/// A password that settings know by its hash only: argon2id (RFC 9106) in the text form of its authors' library.
///
/// What begins with `$argon2id$` is kept; any other text is taken for a password and hashed at once, with a new salt, so
/// that only the hash is ever stored. Hashing takes about a tenth of a second and 64 MiB.
public struct PasswordHash: Codable, Hashable, Sendable, CustomStringConvertible, ExpressibleByArgument {
    /// The longest password that is hashed, in bytes.
    public static let maximumBytes = 1024

    /// The hash: `$argon2id$v=19$m=65536,t=2,p=1$SALT$HASH`.
    public let text: String

    /// Keeps a hash, or hashes a password.
    ///
    /// Throws ``PasswordError``, which never says the password.
    public init(_ text: String) throws(PasswordError) {
        guard text.hasPrefix("$argon2id$") else {
            // Not taken for a password: who has such a text took it from elsewhere as a hash.
            let parts = text.split(separator: "$", omittingEmptySubsequences: false)
            guard parts.count < 4 || !parts[0].isEmpty else { throw .otherHash }
            self.text = try PasswordHash.hash(text)
            return
        }
        guard PasswordHash.isReadable(text) else { throw .noHash }
        self.text = text
    }

    /// Hashes a password on a command line, or keeps a hash.
    public init?(argument: String) {
        guard let hash = try? PasswordHash(argument) else { return nil }
        self = hash
    }

    /// The hash.
    public var description: String { text }

    /// Reads a hash, or a password, which is hashed.
    ///
    /// Throws for anything else, without saying what it was.
    public init(from decoder: any Decoder) throws {
        // Not what the decoder would say, for that quotes the value.
        guard let text = try? decoder.singleValueContainer().decode(String.self) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "must be text: a password in quotes, or its hash that begins with $argon2id$"))
        }
        // The same password keeps its hash, or reading it again would be a change.
        if let former = FormerSettings.text(for: decoder), former.hasPrefix("$argon2id$"),
            let hash = try? PasswordHash(former), hash.matches(text)
        {
            self = hash
            return
        }
        do {
            try self.init(text)
        } catch {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: error.description))
        }
    }

    /// Writes the hash.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

extension PasswordHash: SettingValue {
    /// A hash, or a password.
    public static var form: SettingForm {
        SettingForm(
            "a password", writing: "its argon2id hash, or the password itself, which is hashed at once",
            pattern:
                "^(\\$argon2id\\$v=19\\$m=[0-9]+,t=[0-9]+,p=[0-9]+\\$[A-Za-z0-9+/]+\\$[A-Za-z0-9+/]+|(?!\\$[^$]*\\$[^$]*\\$)(.|\\n)+)$",
            examples: [
                "$argon2id$v=19$m=65536,t=2,p=1$/j4ZVq+eDtQwLMqbLBZn2A$1hcZ8ikEnDiuE2qRWmCRTSKZeVhPsp9rpEXsCcBVXxI"
            ])
    }
}

extension PasswordHash {
    /// Where passwords are hashed: beside the threads of Swift and of connections, one at a time, so that many attempts at
    /// once take the memory of one.
    private static let queue = DispatchQueue(label: "taproom.passwords")
    private static let isReady = sodium_init() >= 0

    /// Whether a password has this hash.
    ///
    /// Takes the same time whether it has or not, about a tenth of a second, and as much again for each that was asked for
    /// earlier and is not done. False also when the memory for it can't be had.
    public func verify(_ password: String) async -> Bool {
        await withCheckedContinuation { continuation in
            PasswordHash.queue.async { continuation.resume(returning: matches(password)) }
        }
    }

    /// Whether a password has this hash, found out in the thread that calls.
    ///
    /// Takes as much time and memory as the hash asks for; false also when the memory can't be had.
    package func matches(_ password: String) -> Bool {
        guard PasswordHash.isReady, password.utf8.count <= PasswordHash.maximumBytes else { return false }
        var bytes = Array(password.utf8CString)
        defer { sodium_memzero(&bytes, bytes.count) }
        return crypto_pwhash_str_verify(text, bytes, UInt64(bytes.count - 1)) == 0
    }

    private static func hash(_ password: String) throws(PasswordError) -> String {
        guard (1...maximumBytes).contains(password.utf8.count) else { throw .badLength }
        var bytes = Array(password.utf8CString)
        defer { sodium_memzero(&bytes, bytes.count) }
        var hash = [CChar](repeating: 0, count: Int(crypto_pwhash_STRBYTES))
        guard isReady,
            crypto_pwhash_str(
                &hash, bytes, UInt64(bytes.count - 1), UInt64(crypto_pwhash_OPSLIMIT_INTERACTIVE),
                Int(crypto_pwhash_MEMLIMIT_INTERACTIVE)) == 0
        else { throw .noMemory }
        return String(decoding: hash.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whether the library can read a hash, and it asks for no more than 1 GiB and 16 passes.
    private static func isReadable(_ text: String) -> Bool {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard isReady, text.utf8.count < Int(crypto_pwhash_STRBYTES), parts.count == 6 else { return false }
        let costs = parts[3].split(separator: ",").compactMap { part in
            part.firstIndex(of: "=").flatMap { Int(part[part.index(after: $0)...]) }
        }
        guard costs.count == 3, costs[0] <= 1 << 20, costs[1] <= 16 else { return false }
        return crypto_pwhash_str_needs_rehash(
            text, UInt64(crypto_pwhash_OPSLIMIT_INTERACTIVE), Int(crypto_pwhash_MEMLIMIT_INTERACTIVE)) >= 0
    }
}

/// A text that is neither a hash nor a password.
public enum PasswordError: Error, Equatable, CustomStringConvertible {
    /// It begins like a hash of argon2id and is none, or one that costs too much to check.
    case noHash
    /// It is a hash of another kind.
    case otherHash
    /// It is empty or too long.
    case badLength
    /// The memory for hashing can't be had.
    case noMemory

    /// What is wrong, to be read after a key.
    public var description: String {
        switch self {
        case .noHash: "is no argon2id hash of up to 1 GiB and 16 passes"
        case .otherHash: "is a hash that is not known here; hash the password with argon2id"
        case .badLength: "must be a password of 1 to \(PasswordHash.maximumBytes) bytes"
        case .noMemory: "can't be hashed: 64 MiB of memory are needed"
        }
    }
}
