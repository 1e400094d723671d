/// MD5 of eight messages side by side: each has a lane in every vector.
typealias MD5Lanes = MD5State<SIMD8<UInt32>>

extension MD5Lanes {
    static var count: Int { SIMD8<UInt32>.scalarCount }

    /// The states of up to eight messages; in lanes that are left over is the last one again.
    init(_ states: [MD5State<UInt32>]) {
        func lanes(_ part: (MD5State<UInt32>) -> UInt32) -> SIMD8<UInt32> {
            var lanes = SIMD8<UInt32>()
            for lane in 0..<Self.count { lanes[lane] = part(states[min(lane, states.count - 1)]) }
            return lanes
        }
        self.init(lanes(\.a), lanes(\.b), lanes(\.c), lanes(\.d))
    }

    /// The state of one message.
    subscript(lane: Int) -> MD5State<UInt32> { MD5State<UInt32>(a[lane], b[lane], c[lane], d[lane]) }

    /// Takes the same number of whole blocks of each message.
    mutating func add(_ messages: [UnsafeRawBufferPointer]) {
        let lanes = (0..<Self.count).map { messages[min($0, messages.count - 1)] }
        self = lanes.withUnsafeBufferPointer { lanes in
            withUnsafeTemporaryAllocation(of: SIMD8<UInt32>.self, capacity: MD5.blockSize / 4) { words in
                // One that nothing points to stays in the processor's registers.
                var state = self
                for start in stride(from: 0, to: lanes[0].count, by: MD5.blockSize) {
                    for index in words.indices { words[index] = Self.words(of: lanes, at: start + index * 4) }
                    state.add { words[$0] }
                }
                return state
            }
        }
    }

    @inline(__always)
    private static func words(of lanes: UnsafeBufferPointer<UnsafeRawBufferPointer>, at offset: Int) -> SIMD8<UInt32> {
        func word(_ lane: Int) -> UInt32 {
            UInt32(littleEndian: lanes[lane].loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        }
        return SIMD8(word(0), word(1), word(2), word(3), word(4), word(5), word(6), word(7))
    }
}
