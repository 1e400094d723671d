import CSodium
package import Taproom

/// The beginning of a sealed tap: the key of its pages, locked up with a passphrase.
///
/// It takes 4096 bytes, with two copies so that one wrong byte does not cost all: at 0 and in the middle. Each copy is
/// the word "Taproom sealed\n\0", the parameters of the key of the passphrase, the sealed key of the pages (24 bytes nonce,
/// 32 cipher, 16 authentication), and a checksum of all that, by which a damaged header and a wrong passphrase are told
/// apart.
package struct SealHeader: Sendable, Equatable {
    /// The bytes before the first page.
    package static let size = 4096
    static let word = Array("Taproom sealed\n\0".utf8)
    private static let copies = [0, size / 2]
    private static let sealedKeyBytes = SealKey.size + SealedBytes.overheadBytes

    private let parameters: SealParameters
    private let sealedKey: [UInt8]

    private init(_ parameters: SealParameters, sealedKey: [UInt8]) {
        self.parameters = parameters
        self.sealedKey = sealedKey
    }

    /// Makes a new random key, and locks it up with a passphrase.
    ///
    /// Takes the time and memory that the cost says. Throws ``SystemCallError``.
    package static func make(
        passphrase: String, cost: SealCost = .standard
    ) throws(SystemCallError) -> SealKey {
        let data = try SecretBytes(count: SealKey.size)
        randombytes_buf(data.start, SealKey.size)
        let parameters = SealParameters(cost)
        let lock = try parameters.key(of: passphrase)
        let sealed = SealedBytes.close(
            UnsafeBufferPointer(start: data.start, count: SealKey.size), boundTo: word + parameters.bytes, lock)
        return try SealKey(SealHeader(parameters, sealedKey: sealed), data: data)
    }

    /// Takes the key out.
    ///
    /// Takes the time and memory that the header says, within the bounds of ``SealCost``.
    ///
    /// - Parameters:
    ///   - passphrase: what the header was made with.
    ///   - path: how errors call the file.
    /// - Returns: the key of the pages.
    /// - Throws: ``SealError`` when the passphrase is wrong, ``SystemCallError`` when the memory can't be had.
    package func unlock(_ passphrase: String, path: String) throws -> SealKey {
        let lock = try parameters.key(of: passphrase)
        let data = try SecretBytes(count: SealKey.size)
        guard SealedBytes.open(sealedKey, boundTo: SealHeader.word + parameters.bytes, lock, to: data.start) else {
            throw SealError.wrongPassphrase(path)
        }
        return try SealKey(self, data: data)
    }

    /// The bytes before the first page.
    package var page: [UInt8] {
        let content = SealHeader.word + parameters.bytes + sealedKey
        let copy = content + SealedBytes.checksum(content)
        let half = copy + [UInt8](repeating: 0, count: SealHeader.size / 2 - copy.count)
        return half + half
    }

    /// Whether a file that begins with these bytes is meant to be sealed.
    static func isPresent(in page: [UInt8]) -> Bool { copies.contains { page.dropFirst($0).starts(with: word) } }

    /// Reads the first whole copy of the header from the beginning of a file.
    ///
    /// Throws ``SealError`` about the file that is called `path`.
    init(page: [UInt8], path: String) throws(SealError) {
        let end = SealHeader.word.count + SealParameters.size + SealHeader.sealedKeyBytes
        for start in SealHeader.copies {
            let bytes = Array(page.dropFirst(start).prefix(end + Int(crypto_generichash_BYTES)))
            let content = Array(bytes.prefix(end))
            guard content.starts(with: SealHeader.word), SealedBytes.checksum(content) == Array(bytes.dropFirst(end))
            else { continue }
            let rest = content.dropFirst(SealHeader.word.count)
            let version = SealParameters.version(rest.prefix(SealParameters.size))
            guard version == SealParameters.version else { throw .newerVersion(path, version: version) }
            guard let parameters = SealParameters(rest.prefix(SealParameters.size)) else { continue }
            self.init(parameters, sealedKey: Array(rest.dropFirst(SealParameters.size)))
            return
        }
        throw .damagedHeader(path)
    }
}
