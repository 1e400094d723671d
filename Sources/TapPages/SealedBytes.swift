import CSodium

/// Bytes of any length under XChaCha20-Poly1305: 24 random bytes (the nonce), the cipher, 16 of authentication.
enum SealedBytes {
    static let overheadBytes = SealedPage.nonceBytes + SealedPage.tagBytes

    /// Encrypts bytes and binds them to others, which stay in the clear.
    static func close(_ bytes: UnsafeBufferPointer<UInt8>, boundTo bound: [UInt8], _ key: SecretBytes) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: bytes.count + overheadBytes) { target, count in
            guard let nonce = target.baseAddress else { return }
            randombytes_buf(nonce, SealedPage.nonceBytes)
            crypto_aead_xchacha20poly1305_ietf_encrypt(
                nonce + SealedPage.nonceBytes, nil, bytes.baseAddress, UInt64(bytes.count), bound,
                UInt64(bound.count), nil, nonce, key.start)
            count = bytes.count + overheadBytes
        }
    }

    /// Decrypts bytes into `target`, which has room for all of them but ``overheadBytes``.
    ///
    /// Answers false when they were not sealed with this key or are bound to something else.
    static func open(
        _ bytes: [UInt8], boundTo bound: [UInt8], _ key: SecretBytes, to target: UnsafeMutablePointer<UInt8>?
    ) -> Bool {
        guard bytes.count >= overheadBytes else { return false }
        return bytes.withUnsafeBufferPointer { bytes in
            guard let nonce = bytes.baseAddress else { return false }
            return crypto_aead_xchacha20poly1305_ietf_decrypt(
                target, nil, nil, nonce + SealedPage.nonceBytes, UInt64(bytes.count - SealedPage.nonceBytes), bound,
                UInt64(bound.count), nonce, key.start) == 0
        }
    }

    /// The BLAKE2b of bytes, 32 of them (RFC 7693).
    static func checksum(_ bytes: [UInt8]) -> [UInt8] {
        var checksum = [UInt8](repeating: 0, count: Int(crypto_generichash_BYTES))
        crypto_generichash(&checksum, checksum.count, bytes, UInt64(bytes.count), nil, 0)
        return checksum
    }
}
