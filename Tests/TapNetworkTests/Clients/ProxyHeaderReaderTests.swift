import NIOCore
import TapTesting
import Taproom
import Testing

@testable import TapNetwork

@Suite(.timeLimit(.minutes(1)))
struct ProxyHeaderReaderTests {
    private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]

    private static func read(_ bytes: [UInt8]) -> ProxyHeaderReader.Outcome {
        ProxyHeaderReader.read(ByteBuffer(bytes: bytes))
    }

    private static func second(_ version: UInt8, _ family: UInt8, _ body: [UInt8], length: Int? = nil) -> [UInt8] {
        let length = length ?? body.count
        return signature + [version, family, UInt8(length >> 8), UInt8(length & 0xFF)] + body
    }

    @Test(arguments: [
        ("PROXY TCP4 192.0.2.1 198.51.100.2 1234 443\r\n", "192.0.2.1", 1234, 443),
        ("PROXY TCP6 2001:db8::1 ::1 65535 0\r\n", "2001:db8::1", 65_535, 0),
        ("PROXY TCP4 0.0.0.0 255.255.255.255 0 65535\r\n", "0.0.0.0", 0, 65_535),
    ])
    func readsLines(line: String, ip: String, from: Int, to: Int) throws {
        let told = ToldClient(address: try SocketAddress(ipAddress: ip, port: from), port: to)
        #expect(Self.read(Array(line.utf8)) == .header(told, bytes: line.utf8.count))
        #expect(Self.read(Array((line + "GET / HTTP/1.1\r\n").utf8)) == .header(told, bytes: line.utf8.count))
        for count in 0..<line.utf8.count { #expect(Self.read(Array(line.utf8.prefix(count))) == .incomplete) }
    }

    @Test(arguments: ["PROXY UNKNOWN\r\n", "PROXY UNKNOWN ffff:f...f:ffff whatever 1\r\n"])
    func readsThatNobodyKnows(line: String) {
        #expect(Self.read(Array(line.utf8)) == .header(.unknown, bytes: line.utf8.count))
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\n", "PROXY\r\n", "proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n", "PROXY  TCP4 1.2.3.4 1.2.3.4 1 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n", "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n",
        "PROXY TCP4 ::1 ::1 1 2\r\n", "PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n", "PROXY TCP4 1.2.3.4 ::1 1 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 +1 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 1 \r\n", "PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n",
        "PROXY TCP4 1.2.3.04 1.2.3.4 1 2\r\n", "PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n",
        "PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n",
        "PROXY TCP6 fe80::1%lo ::1 1 2\r\n", "PROXY TCP4 1.2.3.4\t1.2.3.4 1 2\r\n", "PROXY \r\n",
        "PROXY UNKNOWN" + String(repeating: " ", count: 93) + "\r\n", "\r\n\r\nx", "\u{16}\u{3}\u{1}",
    ])
    func refusesOtherLines(line: String) {
        #expect(Self.read(Array(line.utf8)) == .malformed)
    }

    @Test func readsBytes() throws {
        let four = Self.second(0x21, 0x11, [192, 0, 2, 1, 198, 51, 100, 2, 4, 210, 1, 187])
        let told = ToldClient(address: try SocketAddress(ipAddress: "192.0.2.1", port: 1234), port: 443)
        #expect(Self.read(four) == .header(told, bytes: 28))
        for count in 0..<four.count { #expect(Self.read(Array(four.prefix(count))) == .incomplete) }
        let one = [UInt8](repeating: 0, count: 15) + [1]
        let six = Self.second(0x21, 0x21, one + one + [0, 1, 0, 2] + [4, 0, 1, 7])
        #expect(
            Self.read(six + [1, 2])
                == .header(ToldClient(address: try SocketAddress(ipAddress: "::1", port: 1), port: 2), bytes: 56))
        for header in [
            Self.second(0x20, 0x00, []), Self.second(0x20, 0x11, [1, 2, 3]), Self.second(0x21, 0x00, [9, 9]),
            Self.second(0x21, 0x31, Array(repeating: 0, count: 216)),
        ] { #expect(Self.read(header) == .header(.unknown, bytes: header.count)) }
    }

    @Test(arguments: [
        second(0x11, 0x11, Array(repeating: 0, count: 12)), second(0x22, 0x11, Array(repeating: 0, count: 12)),
        second(0x21, 0x12, Array(repeating: 0, count: 12)), second(0x21, 0x41, Array(repeating: 0, count: 12)),
        second(0x21, 0x11, Array(repeating: 0, count: 11)), second(0x21, 0x21, Array(repeating: 0, count: 35)),
        second(0x21, 0x31, Array(repeating: 0, count: 215)), second(0x21, 0x11, Array(repeating: 0, count: 13)),
        second(0x21, 0x11, Array(repeating: 0, count: 12) + [1, 0, 9, 1]), second(0x21, 0x11, [], length: 4081),
        [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 11], [13, 10, 13, 11],
    ])
    func refusesOtherBytes(bytes: [UInt8]) {
        #expect(Self.read(bytes) == .malformed)
    }

    @Test func crashesOnNothing() {
        var generator = SeededGenerator(seed: 11)
        let samples = [
            Array("PROXY TCP4 192.0.2.1 198.51.100.2 1234 443\r\n".utf8),
            Self.second(0x21, 0x11, [192, 0, 2, 1, 198, 51, 100, 2, 4, 210, 1, 187, 1, 0, 2, 3, 4]),
        ]
        for _ in 0..<20_000 {
            var bytes = samples[Int.random(in: 0...1, using: &generator)]
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            if case .header(_, let count) = Self.read(bytes) { #expect(count <= bytes.count) }
        }
    }

    @Test func expectsItFromSomeOnly() throws {
        var settings = ProxyHeaderSenders()
        let proxy = try SocketAddress(ipAddress: "10.1.2.3", port: 1)
        #expect(!settings.isExpected(from: proxy))
        #expect(!settings.isExpected(from: nil))
        settings.from = .init([Network("10.0.0.0/8"), Network("::1")].compactMap { $0 })
        #expect(settings.isExpected(from: proxy))
        #expect(settings.isExpected(from: try SocketAddress(ipAddress: "::ffff:10.1.2.3", port: 1)))
        #expect(!settings.isExpected(from: try SocketAddress(ipAddress: "11.1.2.3", port: 1)))
        #expect(!settings.isExpected(from: nil))
        settings.unix = true
        #expect(settings.isExpected(from: nil))
    }
}
