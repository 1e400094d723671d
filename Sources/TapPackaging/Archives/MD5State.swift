/// The state of MD5 (RFC 1321) after some blocks: of one message, or of several side by side.
///
/// Each step waits for the one before, so eight messages in vectors take little longer than one.
struct MD5State<Word: MD5Word> {
    private(set) var a: Word
    private(set) var b: Word
    private(set) var c: Word
    private(set) var d: Word

    init(_ a: Word, _ b: Word, _ c: Word, _ d: Word) { (self.a, self.b, self.c, self.d) = (a, b, c, d) }

    /// Takes a block of 16 words.
    ///
    /// The 64 steps are written out: with a loop over tables a package of a gigabyte took 27 s of processor, with this 11. The
    /// numbers are the whole part of 2³² times |sin i|, for i from 1 to 64. The second round's (d & b) | (~d & c) is added in
    /// halves, for only one of them waits for the step before: a tenth faster.
    @inline(__always)
    mutating func add(_ word: (_ index: Int) -> Word) {
        var (a, b, c, d) = (a, b, c, d)
        step(&a, b, choose(b, c, d), word(0), 0xd76a_a478, 7)
        step(&d, a, choose(a, b, c), word(1), 0xe8c7_b756, 12)
        step(&c, d, choose(d, a, b), word(2), 0x2420_70db, 17)
        step(&b, c, choose(c, d, a), word(3), 0xc1bd_ceee, 22)
        step(&a, b, choose(b, c, d), word(4), 0xf57c_0faf, 7)
        step(&d, a, choose(a, b, c), word(5), 0x4787_c62a, 12)
        step(&c, d, choose(d, a, b), word(6), 0xa830_4613, 17)
        step(&b, c, choose(c, d, a), word(7), 0xfd46_9501, 22)
        step(&a, b, choose(b, c, d), word(8), 0x6980_98d8, 7)
        step(&d, a, choose(a, b, c), word(9), 0x8b44_f7af, 12)
        step(&c, d, choose(d, a, b), word(10), 0xffff_5bb1, 17)
        step(&b, c, choose(c, d, a), word(11), 0x895c_d7be, 22)
        step(&a, b, choose(b, c, d), word(12), 0x6b90_1122, 7)
        step(&d, a, choose(a, b, c), word(13), 0xfd98_7193, 12)
        step(&c, d, choose(d, a, b), word(14), 0xa679_438e, 17)
        step(&b, c, choose(c, d, a), word(15), 0x49b4_0821, 22)
        step(&a, b, d & b, word(1) &+ (~d & c), 0xf61e_2562, 5)
        step(&d, a, c & a, word(6) &+ (~c & b), 0xc040_b340, 9)
        step(&c, d, b & d, word(11) &+ (~b & a), 0x265e_5a51, 14)
        step(&b, c, a & c, word(0) &+ (~a & d), 0xe9b6_c7aa, 20)
        step(&a, b, d & b, word(5) &+ (~d & c), 0xd62f_105d, 5)
        step(&d, a, c & a, word(10) &+ (~c & b), 0x0244_1453, 9)
        step(&c, d, b & d, word(15) &+ (~b & a), 0xd8a1_e681, 14)
        step(&b, c, a & c, word(4) &+ (~a & d), 0xe7d3_fbc8, 20)
        step(&a, b, d & b, word(9) &+ (~d & c), 0x21e1_cde6, 5)
        step(&d, a, c & a, word(14) &+ (~c & b), 0xc337_07d6, 9)
        step(&c, d, b & d, word(3) &+ (~b & a), 0xf4d5_0d87, 14)
        step(&b, c, a & c, word(8) &+ (~a & d), 0x455a_14ed, 20)
        step(&a, b, d & b, word(13) &+ (~d & c), 0xa9e3_e905, 5)
        step(&d, a, c & a, word(2) &+ (~c & b), 0xfcef_a3f8, 9)
        step(&c, d, b & d, word(7) &+ (~b & a), 0x676f_02d9, 14)
        step(&b, c, a & c, word(12) &+ (~a & d), 0x8d2a_4c8a, 20)
        step(&a, b, differ(b, c, d), word(5), 0xfffa_3942, 4)
        step(&d, a, differ(a, b, c), word(8), 0x8771_f681, 11)
        step(&c, d, differ(d, a, b), word(11), 0x6d9d_6122, 16)
        step(&b, c, differ(c, d, a), word(14), 0xfde5_380c, 23)
        step(&a, b, differ(b, c, d), word(1), 0xa4be_ea44, 4)
        step(&d, a, differ(a, b, c), word(4), 0x4bde_cfa9, 11)
        step(&c, d, differ(d, a, b), word(7), 0xf6bb_4b60, 16)
        step(&b, c, differ(c, d, a), word(10), 0xbebf_bc70, 23)
        step(&a, b, differ(b, c, d), word(13), 0x289b_7ec6, 4)
        step(&d, a, differ(a, b, c), word(0), 0xeaa1_27fa, 11)
        step(&c, d, differ(d, a, b), word(3), 0xd4ef_3085, 16)
        step(&b, c, differ(c, d, a), word(6), 0x0488_1d05, 23)
        step(&a, b, differ(b, c, d), word(9), 0xd9d4_d039, 4)
        step(&d, a, differ(a, b, c), word(12), 0xe6db_99e5, 11)
        step(&c, d, differ(d, a, b), word(15), 0x1fa2_7cf8, 16)
        step(&b, c, differ(c, d, a), word(2), 0xc4ac_5665, 23)
        step(&a, b, cross(b, c, d), word(0), 0xf429_2244, 6)
        step(&d, a, cross(a, b, c), word(7), 0x432a_ff97, 10)
        step(&c, d, cross(d, a, b), word(14), 0xab94_23a7, 15)
        step(&b, c, cross(c, d, a), word(5), 0xfc93_a039, 21)
        step(&a, b, cross(b, c, d), word(12), 0x655b_59c3, 6)
        step(&d, a, cross(a, b, c), word(3), 0x8f0c_cc92, 10)
        step(&c, d, cross(d, a, b), word(10), 0xffef_f47d, 15)
        step(&b, c, cross(c, d, a), word(1), 0x8584_5dd1, 21)
        step(&a, b, cross(b, c, d), word(8), 0x6fa8_7e4f, 6)
        step(&d, a, cross(a, b, c), word(15), 0xfe2c_e6e0, 10)
        step(&c, d, cross(d, a, b), word(6), 0xa301_4314, 15)
        step(&b, c, cross(c, d, a), word(13), 0x4e08_11a1, 21)
        step(&a, b, cross(b, c, d), word(4), 0xf753_7e82, 6)
        step(&d, a, cross(a, b, c), word(11), 0xbd3a_f235, 10)
        step(&c, d, cross(d, a, b), word(2), 0x2ad7_d2bb, 15)
        step(&b, c, cross(c, d, a), word(9), 0xeb86_d391, 21)
        self = MD5State(self.a &+ a, self.b &+ b, self.c &+ c, self.d &+ d)
    }
}

/// One step: what was mixed, a word of the block, a number, and how far it is turned.
@inline(__always)
private func step<Word: MD5Word>(
    _ a: inout Word, _ b: Word, _ mixed: Word, _ word: Word, _ sine: UInt32, _ turn: UInt32
) {
    let sum = (a &+ word &+ Word(repeating: sine)) &+ mixed
    a = b &+ sum.turned(by: turn)
}

@inline(__always)
private func choose<Word: MD5Word>(_ b: Word, _ c: Word, _ d: Word) -> Word { (b & c) | (~b & d) }

@inline(__always)
private func differ<Word: MD5Word>(_ b: Word, _ c: Word, _ d: Word) -> Word { b ^ c ^ d }

@inline(__always)
private func cross<Word: MD5Word>(_ b: Word, _ c: Word, _ d: Word) -> Word { c ^ (b | ~d) }
