import CSodium

/// Makes digests of secrets that tell nothing to whoever has no key (BLAKE2b, RFC 7693), so that a secret can be known
/// again without being kept.
package struct KeyedDigest: Sendable {
    /// A digest: 256 bits.
    ///
    /// Two are compared in a time that does not tell where they differ.
    package struct Value: Hashable, Sendable {
        fileprivate var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

        /// Whether two are equal.
        package static func == (left: Value, right: Value) -> Bool {
            (left.words.0 ^ right.words.0) | (left.words.1 ^ right.words.1) | (left.words.2 ^ right.words.2)
                | (left.words.3 ^ right.words.3) == 0
        }

        /// Gives the first bits, which are as good as random.
        package func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
    }

    private let key: [UInt8]

    /// Takes a new key from the system's random source.
    package init() {
        var key = [UInt8](repeating: 0, count: Int(crypto_generichash_KEYBYTES))
        // Asks getrandom(2).
        randombytes_buf(&key, key.count)
        self.key = key
    }

    /// The digest of some bytes.
    package func value(of bytes: UnsafeRawBufferPointer) -> Value {
        var value = Value()
        withUnsafeMutableBytes(of: &value.words) { words in
            guard let start = words.baseAddress else { return }
            let bytes = bytes.assumingMemoryBound(to: UInt8.self)
            crypto_generichash(start, words.count, bytes.baseAddress, UInt64(bytes.count), key, key.count)
        }
        return value
    }
}
