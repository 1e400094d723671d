/// A checksum of bytes that come piece by piece.
protocol Digest: SendableMetatype {
    init()
    /// Takes the next bytes.
    mutating func add(_ bytes: UnsafeRawBufferPointer)
    /// The checksum of all bytes so far; none may be added afterwards.
    mutating func finish() -> [UInt8]
}

extension Digest {
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
