import CCrypt
import CSodium
import Glibc

/// The hash of a password in a form of crypt(5) that is not guessed fast: bcrypt, SHA-256-crypt, SHA-512-crypt or yescrypt.
///
/// Files that `htpasswd` writes have them. The system's library does the hashing.
package struct CryptHash: Hashable, Sendable {
    /// The hash: `$2y$10$SALTHASH`.
    package let text: String

    /// Keeps a hash.
    ///
    /// Throws ``CryptHashError`` when it is of another form, or checking it would take many seconds or 256 MiB.
    package init(_ text: String) throws(CryptHashError) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count > 2, parts[0].isEmpty else { throw CryptHash.weakness(text) }
        let isComplete: Bool
        switch parts[1] {
        case "2a", "2b", "2y": isComplete = try CryptHash.isBcrypt(parts.dropFirst(2))
        case "5": isComplete = try CryptHash.isSHA(parts.dropFirst(2), hashLength: 43)
        case "6": isComplete = try CryptHash.isSHA(parts.dropFirst(2), hashLength: 86)
        case "y": isComplete = try CryptHash.isYescrypt(parts.dropFirst(2))
        default: throw CryptHash.weakness(text)
        }
        guard isComplete else { throw .broken }
        self.text = text
    }

    /// Whether a password has this hash.
    ///
    /// Takes as long as the hash asks for, from milliseconds to seconds, in the thread that calls. False for passwords of
    /// more than 511 bytes, or with a NUL, which the library would read to there only.
    package func matches(_ password: String) -> Bool {
        guard !password.utf8.contains(0) else { return false }
        let size = MemoryLayout<crypt_data>.size
        return withUnsafeTemporaryAllocation(byteCount: size, alignment: MemoryLayout<crypt_data>.alignment) { memory in
            guard let start = memory.baseAddress else { return false }
            memset(start, 0, size)
            defer { sodium_memzero(start, size) }
            guard let found = crypt_rn(password, text, start, CInt(size)) else { return false }
            let count = text.utf8.count
            return strlen(found) == count && text.withCString { sodium_memcmp(found, $0, count) } == 0
        }
    }
}

extension CryptHash {
    private static let alphabet = Array("./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    private static func isText(_ text: Substring, length: ClosedRange<Int>) -> Bool {
        length.contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x2E...0x39).contains($0) || (0x41...0x5A).contains($0 & 0xDF) }
    }

    /// Two digits, the logarithm of the number of rounds, and salt and hash together.
    private static func isBcrypt(_ parts: ArraySlice<Substring>) throws(CryptHashError) -> Bool {
        guard parts.count == 2, let first = parts.first, first.utf8.count == 2, let cost = Int(first),
            let last = parts.last,
            cost >= 4
        else { return false }
        guard cost <= 16 else { throw .tooCostly }
        return isText(last, length: 53...53)
    }

    /// The number of rounds, if it is not 5000, the salt and the hash.
    private static func isSHA(_ parts: ArraySlice<Substring>, hashLength: Int) throws(CryptHashError) -> Bool {
        var parts = parts
        if let first = parts.first, first.hasPrefix("rounds=") {
            guard let rounds = Int(first.dropFirst(7)), rounds >= 1000 else { return false }
            guard rounds <= 5_000_000 else { throw .tooCostly }
            parts.removeFirst()
        }
        guard parts.count == 2, let salt = parts.first, let hash = parts.last else { return false }
        return isText(salt, length: 1...16) && isText(hash, length: hashLength...hashLength)
    }

    /// How the memory is used, the logarithm of its blocks and their size, then the salt and the hash.
    private static func isYescrypt(_ parts: ArraySlice<Substring>) throws(CryptHashError) -> Bool {
        guard parts.count == 3, let costs = parts.first?.utf8.compactMap({ alphabet.firstIndex(of: $0) }),
            costs.count == 3, parts.first?.utf8.count == 3, parts.first?.first == "j", let hash = parts.last
        else { return false }
        guard costs[1] < 20, (128 * (costs[2] + 1)) << (costs[1] + 1) <= 256 << 20 else { throw .tooCostly }
        return isText(parts[parts.startIndex + 1], length: 1...86) && isText(hash, length: 43...43)
    }

    /// Why a text that is in none of the forms is not taken.
    private static func weakness(_ text: String) -> CryptHashError {
        let weak = [
            ("$apr1$", "MD5"), ("$1$", "MD5"), ("$md5", "MD5"), ("{SHA}", "SHA-1 without a salt"), ("{SSHA}", "SHA-1"),
            ("$sha1$", "SHA-1"), ("$3$", "NTHASH"), ("$2x$", "bcrypt with a mistake"),
        ]
        if let (_, name) = weak.first(where: { text.hasPrefix($0.0) }) { return .weak(name) }
        return text.hasPrefix("$") ? .unknown : .plain
    }
}

/// A text that is no hash to be trusted.
package enum CryptHashError: Error, Equatable, CustomStringConvertible {
    /// It is hashed in a way that is guessed too fast.
    case weak(String)
    /// It is no hash, or one of DES, which looks like any other text.
    case plain
    /// It begins like a hash of another form.
    case unknown
    /// It begins like a hash of a form that is known, and does not go on like one.
    case broken
    /// Whoever asks with it would keep a processor busy for many seconds.
    case tooCostly

    /// What is wrong and what to do, to be read behind a name.
    ///
    /// Says nothing of the text.
    package var description: String {
        switch self {
        case .weak(let name): "is hashed with \(name), which is guessed fast: \(Self.advice)"
        case .plain: "is in plain text, or hashed with DES, which is guessed fast: \(Self.advice)"
        case .unknown: "is hashed in a way that is not known here: \(Self.advice)"
        case .broken: "is not a complete hash: \(Self.advice)"
        case .tooCostly:
            "is a hash that takes too long to check: use a cost of up to 16 for bcrypt, 5000000 rounds, or 256 MiB"
        }
    }

    private static let advice = "make a new one with 'htpasswd -B -C 10'"
}
