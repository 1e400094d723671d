@testable import TapPackaging
import Testing

@Suite struct SHA1Tests {
    /// The examples of RFC 3174, 7.3.
    @Test(arguments: [
        ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    ])
    func checksumsAreThoseOfTheStandard(text: String, checksum: String) {
        #expect(SHA1.of(Array(text.utf8)).hexadecimal == checksum)
    }

    @Test func checksumsAgreeWithSha1sumAtEveryLengthOfTheLastBlock() throws {
        try withTemporaryFolder { folder in
            for length in 54...66 {
                let bytes = [UInt8](repeating: 0xfe, count: length)
                try Disk.renew("\(folder)/\(length)", mode: 0o644, content: bytes)
                #expect(try run("sha1sum", "\(folder)/\(length)").output.hasPrefix(SHA1.of(bytes).hexadecimal))
            }
        }
    }
}
