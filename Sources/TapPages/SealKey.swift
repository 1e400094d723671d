import CSodium
import Taproom

/// The key of a sealed tap, with the header that holds it locked up.
///
/// It is wiped from memory when nobody has it any more.
package final class SealKey: Sendable {
    static let size = Int(crypto_aead_xchacha20poly1305_ietf_KEYBYTES)

    /// What is written at the beginning of the file.
    package let header: SealHeader
    private let data: SecretBytes
    private let mask: SecretBytes

    /// Takes the data key, and derives from it the one of ``LogFrame/mask(_:at:_:)``.
    init(_ header: SealHeader, data: SecretBytes) throws(SystemCallError) {
        self.header = header
        self.data = data
        mask = try SecretBytes(count: Int(crypto_shorthash_KEYBYTES))
        crypto_kdf_derive_from_key(mask.start, Int(crypto_shorthash_KEYBYTES), 1, "checksum", data.start)
    }

    var bytes: UnsafePointer<UInt8> { UnsafePointer(data.start) }
    var maskBytes: UnsafePointer<UInt8> { UnsafePointer(mask.start) }
}
