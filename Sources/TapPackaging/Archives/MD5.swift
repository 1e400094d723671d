/// MD5 (RFC 1321), for the checksums in a package that dpkg asks for.
///
/// It protects against nothing but accidents.
struct MD5: Digest {
    static let lanes = MD5Lanes.count

    private var state = MD5State<UInt32>(0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476)
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

    static func add(_ pieces: [UnsafeRawBufferPointer], to digests: inout [MD5]) {
        let size = pieces.first?.count ?? 0
        guard pieces.count > 1, size % blockSize == 0, digests.allSatisfy(\.rest.isEmpty) else {
            for index in pieces.indices { digests[index].add(pieces[index]) }
            return
        }
        var lanes = MD5Lanes(digests.map(\.state))
        lanes.add(pieces)
        for index in pieces.indices {
            digests[index].state = lanes[index]
            digests[index].count += size
        }
    }

    mutating func finish() -> [UInt8] {
        let length = littleEndian(UInt64(count) &* 8)
        var end: [UInt8] = [0x80] + [UInt8](repeating: 0, count: (119 - count % Self.blockSize) % Self.blockSize)
        end += length
        end.withUnsafeBytes { add($0) }
        return [state.a, state.b, state.c, state.d].flatMap(littleEndian)
    }

    private func littleEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    }

    private mutating func addBlocks(_ blocks: UnsafeRawBufferPointer) {
        for start in stride(from: 0, to: blocks.count, by: Self.blockSize) {
            state.add { UInt32(littleEndian: blocks.loadUnaligned(fromByteOffset: start + $0 * 4, as: UInt32.self)) }
        }
    }
}
