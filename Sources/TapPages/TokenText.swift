import CSodium
import TapData

/// A text that nobody can guess, which whoever has it shows to be let in, and what is kept of it.
package enum TokenText {
    /// 256 bits from the system's random source, in base64url (RFC 4648, section 5).
    package static func random() -> String {
        var bytes = [UInt8](repeating: 0, count: 32)
        // Asks getrandom(2).
        randombytes_buf(&bytes, bytes.count)
        return Base64.encode(bytes).map { ["+": "-", "/": "_", "=": ""][$0] ?? String($0) }.joined()
    }

    /// SHA-256 of a text (FIPS 180-4).
    ///
    /// Passwords need a slow hash with salt, for people choose from few. Of 256 random bits nobody finds the one with a
    /// given hash by trying, however fast.
    package static func digest(of text: String) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: Int(crypto_hash_sha256_BYTES))
        let bytes = Array(text.utf8)
        crypto_hash_sha256(&digest, bytes, UInt64(bytes.count))
        return digest
    }

    /// Whether two digests are equal, found out in a time that does not tell where they differ.
    package static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && sodium_memcmp(left, right, left.count) == 0
    }
}
