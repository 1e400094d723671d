/// A checksum of bytes that come piece by piece.
protocol Digest: SendableMetatype {
    /// Of how many messages the checksums are best computed side by side.
    static var lanes: Int { get }

    init()
    /// Takes the next bytes.
    mutating func add(_ bytes: UnsafeRawBufferPointer)
    /// The checksum of all bytes so far; none may be added afterwards.
    mutating func finish() -> [UInt8]
    /// Takes the next bytes of several messages, of each as many: fast for whole blocks of ``blockSize``.
    static func add(_ pieces: [UnsafeRawBufferPointer], to digests: inout [Self])
}

extension Digest {
    /// How many bytes are computed at once, by each of them here.
    static var blockSize: Int { 64 }
    static var lanes: Int { 1 }

    static func add(_ pieces: [UnsafeRawBufferPointer], to digests: inout [Self]) {
        for index in pieces.indices { digests[index].add(pieces[index]) }
    }

    /// The checksum of bytes.
    static func of(_ bytes: [UInt8]) -> [UInt8] {
        var digest = Self()
        bytes.withUnsafeBytes { digest.add($0) }
        return digest.finish()
    }
}

/// The checksum of a package that has none for each file.
struct NoDigest: Digest {
    mutating func add(_ bytes: UnsafeRawBufferPointer) {}
    mutating func finish() -> [UInt8] { [] }
}

extension [UInt8] {
    /// Two hexadecimal digits for each byte.
    var hexadecimal: String { map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
}
