/// A set of bytes, asked in one step.
struct ByteSet: Sendable {
    private let low: UInt64
    private let second: UInt64
    private let hasUpperHalf: Bool

    /// The ASCII characters that a condition holds for, and either all other bytes or none.
    init(upperHalf: Bool, _ isMember: (UInt8) -> Bool) {
        func bits(_ first: UInt8) -> UInt64 {
            (0..<64).reduce(0) { isMember(first + UInt8($1)) ? $0 | 1 << UInt64($1) : $0 }
        }
        (low, second, hasUpperHalf) = (bits(0), bits(64), upperHalf)
    }

    /// Whether a byte is one of them.
    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        if byte < 64 { return low >> UInt64(byte) & 1 == 1 }
        return byte < 128 ? second >> UInt64(byte - 64) & 1 == 1 : hasUpperHalf
    }

    /// What names of fields and methods consist of: `tchar` (RFC 9110, 5.6.2).
    static let token = ByteSet(upperHalf: false) { byte in
        let isLetterOrDigit = (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF)
        return isLetterOrDigit || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }

    /// What values of fields consist of: visible characters, spaces, tabs and bytes beyond ASCII (RFC 9110, 5.5).
    static let fieldValue = ByteSet(upperHalf: true) { ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }

    /// What request targets consist of: visible ASCII characters but `#`.
    static let target = ByteSet(upperHalf: false) { $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "#") }
}
