@testable import TapPackaging
import Testing

@Suite struct MD5LanesTests {
    /// Messages of different lengths.
    private func messages(_ count: Int, from length: Int) -> [[UInt8]] {
        (0..<count).map { number in
            (0..<length + number).map { UInt8(truncatingIfNeeded: ($0 &+ number) &* 31 ^ $0 >> 8) }
        }
    }

    /// The checksums of messages of which a part at the beginning was taken side by side.
    private func sums(of messages: [[UInt8]], sideBySide count: Int) -> [[UInt8]] {
        let memory = messages.map { message in
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: message.count, alignment: 1)
            memory.copyBytes(from: message)
            return memory
        }
        defer { memory.forEach { $0.deallocate() } }
        var sums = messages.map { _ in MD5() }
        MD5.add(memory.map { UnsafeRawBufferPointer(rebasing: $0.prefix(count)) }, to: &sums)
        return zip(memory, sums).map { memory, sum in
            var sum = sum
            sum.add(UnsafeRawBufferPointer(rebasing: memory.dropFirst(count)))
            return sum.finish()
        }
    }

    @Test(arguments: 1...MD5.lanes)
    func areThoseOfOneAfterAnother(count: Int) {
        let messages = messages(count, from: 1000)
        for length in [0, 1, 63, 64, 65, 128, 960, 1000] {
            #expect(sums(of: messages, sideBySide: length) == messages.map(MD5.of))
        }
    }

    /// Files are refilled when they end, so their blocks have other neighbours each time.
    @Test func agreeWithMd5sumOfFilesOfAllLengths() throws {
        try withTemporaryFolder { folder in
            let lengths = [0, 1, 55, 56, 63, 64, 65, 127, 128, 129, 32_767, 32_768, 32_769, 65_536, 100_000, 300_001]
            let contents = lengths.enumerated().map { messages(1 + $0, from: $1).last ?? [] }
            let files = contents.enumerated().map { PackageFile("/file\($0 + 10)", .bytes($1)) }
            let tree = PackageTree(path: folder + "/tree", controlFolder: "CONTROL")
            try tree.begin()
            let laid = try tree.lay(files, digest: MD5.self)
            let paths = laid.map(\.place)
            let expected = try run("md5sum", more: paths).output
            #expect(zip(laid, paths).map { "\($0.digest.hexadecimal)  \($1)\n" }.joined() == expected)
            #expect(try laid.map(\.place).map(contents(of:)) == contents)
        }
    }
}
