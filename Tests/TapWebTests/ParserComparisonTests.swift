import NIOCore
import NIOEmbedded
import NIOHTTP1
import TapTesting
import Testing

@testable import TapWeb

/// What our parser takes, the parser of the library (llhttp) takes in the same way: nothing that we pass on or answer can be
/// understood in another way behind us.
struct ParserComparisonTests {
    private static let lines = [
        "GET / HTTP/1.1", "POST /a?b=c HTTP/1.1", "HEAD /%41 HTTP/1.0", "PUT * HTTP/1.1", "GET http://h/x HTTP/1.1",
        "OPTIONS * HTTP/1.1", "GET /", "GET  / HTTP/1.1", "get / HTTP/1.1", "GET / HTTP/1.2", "DELETE / HTTP/2.0",
    ]
    private static let fields = [
        "Host: a", "Host:b", "host : c", "Content-Length: 5", "Content-Length: 0", "content-length:5",
        "Content-Length: 5,5",
        "Content-Length: +5", "Transfer-Encoding: chunked", "Transfer-Encoding: Chunked",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding:\u{B}chunked", "Connection: close", "Connection: keep-alive, x", "X: \t spaced \t",
        "X: a\tb",
        "X:", " folded", "\tfolded", "X\u{0}: y", "X: \u{1}", "Expect: 100-continue", "Cookie: a=b; c=\"d\"",
        "X: \u{E9}",
        "If-None-Match: \"a\", W/\"b\"", "Transfer-Encoding : chunked", "Trailer: x", "TE: trailers",
    ]
    private static let bodies = [
        "", "hello", "5\r\nhello\r\n0\r\n\r\n", "0\r\n\r\n", "5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n", "5\nhello\n0\n\n",
        "05\r\nhello\r\n000\r\n\r\n", "5 \r\nhello\r\n0\r\n\r\n", "hello\r\n", "A\r\n0123456789\r\n0\r\n\r\n",
    ]
    private static let ends = ["\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\n", "\r", "\r\r\n"]

    /// One or several requests, some of them with mistakes.
    private func requests(_ generator: inout SeededGenerator) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            func end() -> String {
                Bool.random(using: &generator) ? "\r\n" : Self.ends.randomElement(using: &generator) ?? "\r\n"
            }
            var text = (Self.lines.randomElement(using: &generator) ?? "") + end()
            for _ in 0..<Int.random(in: 0...4, using: &generator) {
                text += (Self.fields.randomElement(using: &generator) ?? "") + end()
            }
            text += end() + (Self.bodies.randomElement(using: &generator) ?? "")
            bytes += Array(text.utf8)
        }
        for _ in 0..<Int.random(in: 0...2, using: &generator) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: bytes.remove(at: place)
            case 1: bytes[place] = UInt8.random(in: 0...255, using: &generator)
            default: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
            }
        }
        return bytes
    }

    /// The requests that our parser has taken, and how many bytes they have together.
    ///
    /// Methods that the other parser does not know are the end, and requests after which it reads no more.
    private func ours(_ bytes: [UInt8], piece: Int) -> (requests: [String], bytes: Int) {
        var parser = RequestParser(client: Client(address: nil, isSecure: false, port: nil), limit: 16_384)
        var (rest, all, current, taken, isLast) = (bytes[...], [String](), "", 0, false)
        while !rest.isEmpty {
            parser.add(ByteBuffer(bytes: rest.prefix(piece)))
            rest = rest.dropFirst(piece)
            while let event = parser.next() {
                switch event {
                case .head(let request):
                    if case .RAW = request.method { return (all, taken) }
                    isLast = !request.keepsAlive || request.fields.asksForUpgrade
                    current = "\(request.method) \(request.target)\n"
                    for field in request.lines { current += "\(field.name): \(field.value)\n" }
                case .body(let bytes): current += String(buffer: bytes)
                case .end:
                    all.append(current)
                    var copy = parser
                    taken = bytes.count - rest.count - copy.takeRest().readableBytes
                    if isLast { return (all, taken) }
                case .refusal: return (all, taken)
                }
            }
        }
        return (all, taken)
    }

    private func theirs(_ bytes: some Sequence<UInt8>) -> [String] {
        let channel = EmbeddedChannel()
        defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
        let decoder = HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)
        guard (try? channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(decoder))) != nil else { return [] }
        _ = try? channel.writeInbound(ByteBuffer(bytes: bytes))
        var (all, current) = ([String](), "")
        while let part = try? channel.readInbound(as: HTTPServerRequestPart.self) {
            switch part {
            case .head(let head):
                current = "\(head.method) \(head.uri)\n"
                for (name, value) in head.headers { current += "\(name): \(value.trimmingSpaces)\n" }
            case .body(let bytes): current += String(buffer: bytes)
            case .end: all.append(current)
            }
        }
        return all
    }

    @Test func whatIsTakenIsTakenTheSameWay() {
        var generator = SeededGenerator(seed: 20_261_122)
        var taken = 0
        for _ in 0..<10_000 {
            let bytes = requests(&generator)
            let ours = ours(bytes, piece: bytes.count)
            taken += ours.requests.count
            let theirs = theirs(bytes.prefix(ours.bytes))
            #expect(ours.requests == theirs, "\(String(decoding: bytes, as: UTF8.self).debugDescription)")
            let inPieces = self.ours(bytes, piece: Int.random(in: 1...9, using: &generator))
            #expect(inPieces.requests == ours.requests)
        }
        // Otherwise the comparison says nothing.
        #expect(taken > 700)
    }
}
