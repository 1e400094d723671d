import CSodium
import Glibc
import Taproom

/// Bytes that stay out of swap space and core dumps, and are wiped when they go.
final class SecretBytes: @unchecked Sendable {
    // Sendable because the bytes are written by whoever makes them, before anyone else has them.

    /// Whether libsodium can be used: it has chosen the code for this processor.
    private static let isReady = sodium_init() >= 0

    let start: UnsafeMutablePointer<UInt8>

    /// Makes room for bytes.
    ///
    /// Throws ``SystemCallError``.
    init(count: Int) throws(SystemCallError) {
        guard SecretBytes.isReady, let memory = sodium_malloc(count) else {
            throw SystemCallError("set memory for a key aside", code: ENOMEM)
        }
        start = memory.bindMemory(to: UInt8.self, capacity: count)
    }

    // It overwrites the bytes first.
    deinit { sodium_free(start) }
}
