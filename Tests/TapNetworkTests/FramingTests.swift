import NIOCore
import NIOEmbedded
import TapTesting
import Testing

@testable import TapNetwork

/// Lines and netstrings in what comes over connections, however it is cut.
@Suite struct FramingTests {
    private final class Errors: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        var all: [any Error] = []
        func errorCaught(context: ChannelHandlerContext, error: any Error) { all.append(error) }
    }

    /// What is handed on of some pieces, and the first error.
    private func read(_ pieces: [[UInt8]], _ framing: any ChannelHandler) throws -> ([String], String?) {
        let errors = Errors()
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandlers([framing, errors])
        for piece in pieces { try channel.writeInbound(ByteBuffer(bytes: piece)) }
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        var frames: [String] = []
        while let frame = try channel.readInbound(as: ByteBuffer.self) { frames.append(String(buffer: frame)) }
        _ = try channel.finish()
        return (frames, errors.all.first.map { "\($0)" })
    }

    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    /// Every way to cut bytes into two pieces, and into single bytes.
    private func cuts(_ text: String) -> [[[UInt8]]] {
        let all = bytes(text)
        return (0...all.count).map { [Array(all[..<$0]), Array(all[$0...])] } + [all.map { [$0] }]
    }

    @Test(
        arguments: [
            ("", []), ("a\n", ["a"]), ("a\r\nb\n", ["a", "b"]), ("\n\r\n", ["", ""]), ("a", ["a"]),
            ("a\nb", ["a", "b"]),
            ("a\rb\r\r\n", ["a\rb\r"]), ("12345\r\n12345\n", ["12345", "12345"]),
        ] as [(String, [String])])
    func cutsLinesHoweverTheyCome(text: String, lines: [String]) throws {
        for pieces in cuts(text) {
            let (read, error) = try read(pieces, LineFraming(longest: 5))
            #expect(read == lines)
            #expect(error == nil)
        }
    }

    @Test(arguments: ["a\n123456\nb\n", "a\n123456\r\nb\n", "a\n12345678901234567890"])
    func aLineThatIsTooLongEndsAll(text: String) throws {
        for pieces in cuts(text) {
            let (read, error) = try read(pieces, LineFraming(longest: 5))
            #expect(read == ["a"])
            #expect(error == "a line has more than 5 bytes")
        }
    }

    @Test(
        arguments: [
            ("", [], nil), ("0:,", [""], nil), ("5:hello,2:a,,", ["hello", "a,"], nil), ("3:abc", [], nil),
            ("12", [], nil),
            ("1:ab", [], "a netstring must end with a comma"),
            ("01:a,", [], "a netstring must begin with its length and a colon"),
            (":a,", [], "a netstring must begin with its length and a colon"),
            ("1:a,-1:a,", ["a"], "a netstring must begin with its length and a colon"),
            ("21:", [], "a netstring has more than 20 bytes"),
            ("99999999999999999999999999:", [], "a netstring has more than 20 bytes"),
        ] as [(String, [String], String?)])
    func readsNetstringsHoweverTheyCome(text: String, strings: [String], problem: String?) throws {
        for pieces in cuts(text) {
            let (read, error) = try read(pieces, NetstringFraming(longest: 20))
            #expect(read == strings)
            #expect(error == problem)
        }
    }

    @Test func whatIsWrittenAsNetstringsIsReadBack() throws {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<200 {
            let strings = (0..<Int.random(in: 0...5, using: &generator)).map { _ in
                [UInt8](
                    (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                        UInt8.random(in: 32...126, using: &generator)
                    })
            }
            let writer = EmbeddedChannel(handler: NetstringFraming(longest: 40))
            for string in strings { try writer.writeOutbound(ByteBuffer(bytes: string)) }
            var sent: [UInt8] = []
            while let part = try writer.readOutbound(as: ByteBuffer.self) { sent += part.readableBytesView }
            _ = try writer.finish()
            var pieces: [[UInt8]] = []
            while !sent.isEmpty {
                let count = Int.random(in: 1...sent.count, using: &generator)
                pieces.append(Array(sent[..<count]))
                sent.removeFirst(count)
            }
            let (read, error) = try read(pieces, NetstringFraming(longest: 40))
            #expect(read == strings.map { String(decoding: $0, as: UTF8.self) })
            #expect(error == nil)
        }
    }

    @Test func whateverComesNeitherCrashesNorIsKeptBeyondTheLimit() throws {
        var generator = SeededGenerator(seed: 11)
        let letters = bytes("0123:,\r\na")
        for _ in 0..<500 {
            let pieces = (0..<20).map { _ in
                (0..<Int.random(in: 0...9, using: &generator)).map { _ in
                    letters[Int.random(in: 0..<letters.count, using: &generator)]
                }
            }
            let (lines, _) = try read(pieces, LineFraming(longest: 8))
            #expect(lines.allSatisfy { $0.utf8.count <= 8 && !$0.contains("\n") })
            let (strings, _) = try read(pieces, NetstringFraming(longest: 8))
            #expect(strings.allSatisfy { $0.utf8.count <= 8 })
        }
    }
}
