import NIOCore
import TapNetwork
import Testing

/// Buffers that bytes are added to and taken from.
@Suite struct AppendingTests {
    @Test(arguments: [1, 7, 4096, 100_000])
    func memoryStaysSmallThoughSomethingIsNeverRead(left: Int) {
        var buffer = ByteBuffer(repeating: 0, count: left)
        var next: UInt8 = 0
        var expected: [UInt8] = Array(repeating: 0, count: left)
        var most = 0
        for _ in 0..<2000 {
            next &+= 1
            buffer.append(ByteBuffer(repeating: next, count: 1000))
            expected += Array(repeating: next, count: 1000)
            #expect(buffer.readBytes(length: 1000) == Array(expected.prefix(1000)))
            expected.removeFirst(1000)
            most = max(most, buffer.storageCapacity)
        }
        #expect(Array(buffer.readableBytesView) == expected)
        #expect(most <= 4 * (left + 8192))
    }

    @Test func whatWasHandedOnStaysAsItWas() {
        var buffer = ByteBuffer(string: "a")
        var slices: [ByteBuffer] = []
        for _ in 0..<1000 {
            buffer.append(ByteBuffer(string: "bcdefghija"))
            if let slice = buffer.readSlice(length: 10) { slices.append(slice) }
        }
        #expect(slices.count == 1000)
        #expect(slices.allSatisfy { String(buffer: $0) == "abcdefghij" })
        #expect(String(buffer: buffer) == "a")
    }
}
