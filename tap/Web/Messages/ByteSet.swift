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

    /// The ASCII characters whose bits are set, the first 64 and the next, and either all other bytes or none.
    private init(_ low: UInt64, _ second: UInt64, upperHalf: Bool) {
        (self.low, self.second, hasUpperHalf) = (low, second, upperHalf)
    }

    // Numbers and not conditions: then they are there when the program begins, and nobody has to ask at each byte whether
    // they were made. The tests compare them with the conditions.

    /// What names of fields and methods consist of: `tchar` (RFC 9110, 5.6.2).
    static let token = ByteSet(0x03FF_6CFA_0000_0000, 0x57FF_FFFF_C7FF_FFFE, upperHalf: false)

    /// What values of fields consist of: visible characters, spaces, tabs and bytes beyond ASCII (RFC 9110, 5.5).
    static let fieldValue = ByteSet(0xFFFF_FFFF_0000_0200, 0x7FFF_FFFF_FFFF_FFFF, upperHalf: true)

    /// What request targets consist of: visible ASCII characters but `#`.
    static let target = ByteSet(0xFFFF_FFF6_0000_0000, 0x7FFF_FFFF_FFFF_FFFF, upperHalf: false)
}
