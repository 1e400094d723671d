import TapCompression
@testable import TapPackaging
import Testing

@Suite struct EncodingTests {
    /// The test suite of RFC 1321, A.5.
    @Test(arguments: [
        ("", "d41d8cd98f00b204e9800998ecf8427e"),
        ("a", "0cc175b9c0f1b6a831c399e269772661"),
        ("abc", "900150983cd24fb0d6963f7d28e17f72"),
        ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
        ("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
        (
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "d174ab98d277d9f5a5611c2c9f419d9f"
        ),
        (String(repeating: "1234567890", count: 8), "57edf4a22be3c955ac49da2e2107b67a"),
    ])
    func checksumsAreThoseOfTheStandard(text: String, checksum: String) {
        #expect(MD5.of(Array(text.utf8)).hexadecimal == checksum)
    }

    @Test func checksumsAgreeWithMd5sumAtEveryLengthOfTheLastBlock() throws {
        try withTemporaryFolder { folder in
            for length in 54...66 {
                let bytes = [UInt8](repeating: 0xfe, count: length)
                try Disk.renew("\(folder)/\(length)", mode: 0o644, content: bytes)
                #expect(try run("md5sum", "\(folder)/\(length)").output.hasPrefix(MD5.of(bytes).hexadecimal))
            }
        }
    }

    /// In pieces of every length around that of a block.
    @Test func checksumsOfPiecesAreThoseOfTheWhole() {
        let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        for length in [1, 63, 64, 65, 127, 1000, 9999] {
            var (first, second) = (MD5(), SHA256())
            for start in stride(from: 0, to: bytes.count, by: length) {
                bytes[start..<min(start + length, bytes.count)].withUnsafeBytes {
                    first.add($0)
                    second.add($0)
                }
            }
            #expect(first.finish() == MD5.of(bytes))
            #expect(second.finish() == SHA256.of(bytes))
        }
    }

    @Test func compressesAStreamThatZstdReads() throws {
        try withTemporaryFolder { folder in
            let content = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 / 1000) }
            var compressed: [UInt8] = []
            let stream = try ZstdStream(isParallel: true) { compressed.append(contentsOf: $0) }
            for start in stride(from: 0, to: content.count, by: 70_001) {
                try content[start..<min(start + 70_001, content.count)].withUnsafeBytes { try stream.write($0) }
            }
            try stream.finish()
            try Disk.renew("\(folder)/x.zst", mode: 0o644, content: compressed)
            #expect(try run("zstd", "-q", "-d", "\(folder)/x.zst").status == 0)
            #expect(try contents(of: "\(folder)/x") == content)
        }
    }

    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 +0000"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 +0000"),
        (1_700_000_000, "Tue, 14 Nov 2023 22:13:20 +0000"), (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 +0000"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 +0000"), (8_589_934_591, "Wed, 16 Mar 2242 12:56:31 +0000"),
    ])
    func datesAreThoseOfTheCalendar(seconds: Int, text: String) throws {
        #expect(UTCTime(secondsSince1970: seconds).mailText == text)
        #expect(try run("env", "LC_ALL=C", "date", "-u", "-R", "-d", "@\(seconds)").output == text + "\n")
    }

    @Test func compressesEvenNothing() throws {
        try withTemporaryFolder { folder in
            for content in [[], Array("text".utf8), [UInt8](repeating: 7, count: 1_000_000)] {
                let path = "\(folder)/\(content.count)"
                try Disk.renew(path + ".gz", mode: 0o644, content: DeflateStream.compress(content))
                #expect(try run("gzip", "-d", path + ".gz").status == 0)
                #expect(try contents(of: path) == content)
            }
        }
    }
}
