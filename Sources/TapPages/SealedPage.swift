import CSodium

/// Pages under XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha, and RFC 8439, section 2.8).
///
/// On the disk a page is 4056 bytes of cipher, 24 random bytes (the nonce) and 16 of authentication. Each is bound to its
/// place, so that pages can't be swapped; that a page is the newest of its place is not told by it.
enum SealedPage {
    /// What the reserved bytes of a page hold: nonce and authentication.
    static let trailerBytes = nonceBytes + tagBytes
    static let nonceBytes = 24
    static let tagBytes = 16
    private static let contentBytes = PageForm.pageSize - trailerBytes

    /// Where a page belongs.
    enum Place {
        case main(UInt32)
        /// In the log, in the frame that begins at an offset.
        ///
        /// Not bound to the salts of the frame: SQLite writes some pages before it knows their frame's header.
        case log(UInt32, offset: Int64)

        /// What is authenticated with the page: 16 bytes.
        var bound: (UInt64, UInt64) {
            switch self {
            case .main(let page): ((UInt64(page) | 1 << 56).littleEndian, 0)
            case .log(let page, let offset): ((UInt64(page) | 2 << 56).littleEndian, UInt64(offset).littleEndian)
            }
        }
    }

    /// Decrypts a page in its place; its reserved bytes are then zero, as they were when SQLite wrote it.
    ///
    /// Answers false when it was not sealed with this key for this place. Its bytes mean nothing then.
    static func open(_ page: UnsafeMutableRawPointer, _ place: Place, _ key: SealKey) -> Bool {
        let content = page.assumingMemoryBound(to: UInt8.self)
        let nonce = content + contentBytes
        let opened = withUnsafeBytes(of: place.bound) { bound in
            crypto_aead_xchacha20poly1305_ietf_decrypt_detached(
                content, nil, content, UInt64(contentBytes), nonce + nonceBytes, bound.baseAddress,
                UInt64(bound.count), nonce, key.bytes)
        }
        guard opened == 0 else { return false }
        (page + contentBytes).initializeMemory(as: UInt8.self, repeating: 0, count: trailerBytes)
        return true
    }

    /// Encrypts a page into another place.
    static func close(
        _ page: UnsafeRawPointer, to target: UnsafeMutableRawPointer, _ place: Place, _ key: SealKey
    ) {
        let output = target.assumingMemoryBound(to: UInt8.self)
        let nonce = output + contentBytes
        randombytes_buf(nonce, nonceBytes)
        _ = withUnsafeBytes(of: place.bound) { bound in
            crypto_aead_xchacha20poly1305_ietf_encrypt_detached(
                output, nonce + nonceBytes, nil, page.assumingMemoryBound(to: UInt8.self), UInt64(contentBytes),
                bound.baseAddress, UInt64(bound.count), nil, nonce, key.bytes)
        }
    }

    /// Whether SQLite has left the reserved bytes of a page zero, as they will be when it is read again.
    static func hasEmptyTrailer(_ page: UnsafeRawPointer) -> Bool {
        UnsafeRawBufferPointer(start: page + contentBytes, count: trailerBytes).allSatisfy { $0 == 0 }
    }
}
