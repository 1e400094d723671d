/// What MD5 computes with: a word of 32 bits, or a vector of such words of several messages.
protocol MD5Word {
    init(repeating word: UInt32)
    static func &+ (first: Self, second: Self) -> Self
    static func & (first: Self, second: Self) -> Self
    static func | (first: Self, second: Self) -> Self
    static func ^ (first: Self, second: Self) -> Self
    static prefix func ~ (word: Self) -> Self
    /// Each word with its bits turned to the left.
    func turned(by bits: UInt32) -> Self
}

extension UInt32: MD5Word {
    @inline(__always)
    init(repeating word: UInt32) { self = word }

    @inline(__always)
    func turned(by bits: UInt32) -> UInt32 { self &<< bits | self &>> (32 &- bits) }
}

extension SIMD8<UInt32>: MD5Word {
    /// A sum of the halves, for of `|` the compiler makes a turn of each word by itself, which takes twice the time.
    @inline(__always)
    func turned(by bits: UInt32) -> Self { self &<< Self(repeating: bits) &+ self &>> Self(repeating: 32 &- bits) }
}
