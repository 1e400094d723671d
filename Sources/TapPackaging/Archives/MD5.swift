/// MD5 (RFC 1321), for the checksums in a package that dpkg asks for.
///
/// It protects against nothing but accidents.
struct MD5: Digest {
    private static let blockSize = 64

    private var state: (UInt32, UInt32, UInt32, UInt32) = (0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476)
    /// What came of a block that is not complete.
    private var rest: [UInt8] = []
    private var count = 0

    init() {}

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        count += bytes.count
        var bytes = bytes[...]
        if !rest.isEmpty {
            let missing = bytes.prefix(Self.blockSize - rest.count)
            rest += missing
            bytes = bytes.dropFirst(missing.count)
            guard rest.count == Self.blockSize else { return }
            rest.withUnsafeBytes { addBlocks($0) }
            rest.removeAll(keepingCapacity: true)
        }
        let whole = bytes.count / Self.blockSize * Self.blockSize
        addBlocks(UnsafeRawBufferPointer(rebasing: bytes.prefix(whole)))
        rest += bytes.dropFirst(whole)
    }

    mutating func finish() -> [UInt8] {
        let length = littleEndian(UInt64(count) &* 8)
        var end: [UInt8] = [0x80] + [UInt8](repeating: 0, count: (119 - count % Self.blockSize) % Self.blockSize)
        end += length
        end.withUnsafeBytes { add($0) }
        return [state.0, state.1, state.2, state.3].flatMap(littleEndian)
    }

    private func littleEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    }

    private mutating func addBlocks(_ blocks: UnsafeRawBufferPointer) {
        var (a, b, c, d) = state
        Self.sines.withUnsafeBufferPointer { sines in
            for start in stride(from: 0, to: blocks.count, by: Self.blockSize) {
                let before = (a, b, c, d)
                /// One of the 64 steps: what is mixed, which of the block's 16 words, and how far it is turned.
                func step(_ index: Int, _ mixed: UInt32, _ word: Int, _ turn: UInt32) {
                    let value = blocks.loadUnaligned(fromByteOffset: start + (word & 15) * 4, as: UInt32.self)
                    let sum = a &+ mixed &+ sines[index] &+ UInt32(littleEndian: value)
                    (a, d, c, b) = (d, c, b, b &+ (sum &<< turn | sum &>> (32 &- turn)))
                }
                for index in stride(from: 0, to: 16, by: 4) {
                    step(index, (b & c) | (~b & d), index, 7)
                    step(index + 1, (b & c) | (~b & d), index + 1, 12)
                    step(index + 2, (b & c) | (~b & d), index + 2, 17)
                    step(index + 3, (b & c) | (~b & d), index + 3, 22)
                }
                for index in stride(from: 16, to: 32, by: 4) {
                    step(index, (d & b) | (~d & c), 5 * index + 1, 5)
                    step(index + 1, (d & b) | (~d & c), 5 * index + 6, 9)
                    step(index + 2, (d & b) | (~d & c), 5 * index + 11, 14)
                    step(index + 3, (d & b) | (~d & c), 5 * index + 16, 20)
                }
                for index in stride(from: 32, to: 48, by: 4) {
                    step(index, b ^ c ^ d, 3 * index + 5, 4)
                    step(index + 1, b ^ c ^ d, 3 * index + 8, 11)
                    step(index + 2, b ^ c ^ d, 3 * index + 11, 16)
                    step(index + 3, b ^ c ^ d, 3 * index + 14, 23)
                }
                for index in stride(from: 48, to: 64, by: 4) {
                    step(index, c ^ (b | ~d), 7 * index, 6)
                    step(index + 1, c ^ (b | ~d), 7 * index + 7, 10)
                    step(index + 2, c ^ (b | ~d), 7 * index + 14, 15)
                    step(index + 3, c ^ (b | ~d), 7 * index + 21, 21)
                }
                (a, b, c, d) = (a &+ before.0, b &+ before.1, c &+ before.2, d &+ before.3)
            }
        }
        state = (a, b, c, d)
    }

    /// The whole part of 2³² times |sin i|, for i from 1 to 64.
    private static let sines: [UInt32] = [
        0xd76a_a478, 0xe8c7_b756, 0x2420_70db, 0xc1bd_ceee, 0xf57c_0faf, 0x4787_c62a, 0xa830_4613, 0xfd46_9501,
        0x6980_98d8, 0x8b44_f7af, 0xffff_5bb1, 0x895c_d7be, 0x6b90_1122, 0xfd98_7193, 0xa679_438e, 0x49b4_0821,
        0xf61e_2562, 0xc040_b340, 0x265e_5a51, 0xe9b6_c7aa, 0xd62f_105d, 0x0244_1453, 0xd8a1_e681, 0xe7d3_fbc8,
        0x21e1_cde6, 0xc337_07d6, 0xf4d5_0d87, 0x455a_14ed, 0xa9e3_e905, 0xfcef_a3f8, 0x676f_02d9, 0x8d2a_4c8a,
        0xfffa_3942, 0x8771_f681, 0x6d9d_6122, 0xfde5_380c, 0xa4be_ea44, 0x4bde_cfa9, 0xf6bb_4b60, 0xbebf_bc70,
        0x289b_7ec6, 0xeaa1_27fa, 0xd4ef_3085, 0x0488_1d05, 0xd9d4_d039, 0xe6db_99e5, 0x1fa2_7cf8, 0xc4ac_5665,
        0xf429_2244, 0x432a_ff97, 0xab94_23a7, 0xfc93_a039, 0x655b_59c3, 0x8f0c_cc92, 0xffef_f47d, 0x8584_5dd1,
        0x6fa8_7e4f, 0xfe2c_e6e0, 0xa301_4314, 0x4e08_11a1, 0xf753_7e82, 0xbd3a_f235, 0x2ad7_d2bb, 0xeb86_d391,
    ]
}
