import CSodium
import Glibc
import Taproom

/// How the key of a passphrase is derived: what is written in the clear before sealed bytes.
///
/// Written as 32 bytes: version and passes (32 bits each), memory in bytes (64 bits), all big-endian, and the salt.
struct SealParameters: Sendable, Equatable {
    static let version = 1
    static let size = 32
    static let saltBytes = 16

    let cost: SealCost
    let salt: [UInt8]

    /// Parameters with a new salt.
    init(_ cost: SealCost) {
        self.cost = cost
        salt = (0..<SealParameters.saltBytes).map { _ in UInt8.random(in: 0...255) }
    }

    /// Reads what ``bytes`` gives, of this version.
    ///
    /// Answers nil when a cost is out of bounds.
    init?(_ bytes: ArraySlice<UInt8>) {
        let bytes = Array(bytes)
        guard bytes.count == SealParameters.size,
            let cost = SealCost(
                readPasses: Int(BigEndian.number(bytes, 4, 4)), memoryBytes: BigEndian.number(bytes, 8, 8))
        else { return nil }
        self.cost = cost
        salt = Array(bytes[16...])
    }

    /// The version that bytes say they have.
    static func version(_ bytes: ArraySlice<UInt8>) -> Int { Int(BigEndian.number(Array(bytes), 0, 4)) }

    var bytes: [UInt8] {
        BigEndian.bytes(UInt32(SealParameters.version)) + BigEndian.bytes(UInt32(cost.passes))
            + BigEndian.bytes(UInt64(cost.memoryBytes)) + salt
    }

    /// The key of a passphrase, by argon2id.
    ///
    /// Takes the time and memory that the cost says: with the standard cost about a tenth of a second.
    ///
    /// Throws ``SystemCallError`` when the memory can't be had.
    func key(of passphrase: String) throws(SystemCallError) -> SecretBytes {
        let key = try SecretBytes(count: SealKey.size)
        var text = Array(passphrase.utf8CString)
        defer { sodium_memzero(&text, text.count) }
        let derived = crypto_pwhash(
            key.start, UInt64(SealKey.size), text, UInt64(text.count - 1), salt, UInt64(cost.passes), cost.memoryBytes,
            CInt(crypto_pwhash_ALG_ARGON2ID13))
        guard derived == 0 else { throw SystemCallError("derive a key with \(cost.memoryBytes >> 20) MiB of memory") }
        return key
    }
}
