import NIOCore
import NIOHTTP1
import Testing

@testable import TapWeb

extension RequestFields {
    /// The fields of a request that has these lines.
    init(_ lines: [(String, String)]) {
        let text = "GET / HTTP/1.1\r\n" + lines.map { "\($0): \($1)\r\n" }.joined() + "\r\n"
        self = Array(text.utf8).withUnsafeBytes { HeadReader.parts($0)?.fields } ?? RequestFields()
        self.lines = FieldLines(checked: ByteBuffer(bytes: Array(text.utf8).dropFirst(16).dropLast(2)))
    }
}

/// What a parser tells of some bytes, in short.
struct Told: Equatable, CustomStringConvertible {
    var requests: [String] = []
    var refusal: UInt?

    var description: String { "\(requests) \(refusal.map { "refused with \($0)" } ?? "")" }

    /// Gives a parser bytes in pieces of a size.
    init(_ bytes: [UInt8], piece: Int, limit: Int = 16_384) {
        let client = Client(address: nil, isSecure: false, port: nil)
        var parser = RequestParser(client: client, limit: limit)
        var rest = bytes[...]
        var current = ""
        while !rest.isEmpty {
            parser.add(ByteBuffer(bytes: rest.prefix(piece)))
            rest = rest.dropFirst(piece)
            while let event = parser.next() {
                switch event {
                case .head(let request): current = "\(request.method) \(request.target) "
                case .body(let bytes): current += String(buffer: bytes)
                case .end: requests.append(current)
                case .refusal(let status): refusal = status.code
                }
            }
        }
    }
}

struct RequestParserTests {
    private func told(_ text: String, piece: Int = .max) -> Told { Told(Array(text.utf8), piece: min(piece, 1 << 20)) }

    @Test func takesRequestsApartHoweverTheyArrive() {
        let text =
            "\r\nGET /a?b HTTP/1.1\r\nHost: x\r\n\r\nPOST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
            + "PUT /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n3;x=\"y\"\r\nabc\r\n0a\r\n0123456789\r\n"
            + "0\r\nTrailer: yes\r\n\r\nGET /end HTTP/1.0\r\n\r\n"
        for piece in [1, 2, 3, 7, 64, 1 << 20] {
            let told = told(text, piece: piece)
            #expect(told.requests == ["GET /a?b ", "POST / hello", "PUT /c abc0123456789", "GET /end "])
            #expect(told.refusal == nil)
        }
    }

    @Test func keepsNothingOfWhatWasTakenThoughSomethingIsAlwaysLeft() throws {
        var parser = RequestParser(client: Client(address: nil, isSecure: false, port: nil), limit: 16_384)
        parser.add(ByteBuffer(string: "PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1"))
        var (count, most) = (0, 0)
        for _ in 0..<20_000 {
            parser.add(ByteBuffer(string: "\r\nX\r\n1"))
            while let event = parser.next() {
                guard case .body(let bytes) = event else { continue }
                (count, most) = (count + bytes.readableBytes, max(most, bytes.storageCapacity))
            }
        }
        #expect(count == 20_000)
        #expect(most <= 16_384)
    }

    @Test(arguments: [
        // Lengths that two programs could read in two ways.
        "Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 5\r\nContent-Length: 5", "Content-Length: 5\r\nContent-Length: 6", "Content-Length: 5, 5",
        "Content-Length: +5", "Content-Length: -5", "Content-Length: 0x5", "Content-Length: 5 5", "Content-Length:",
        "Content-Length: 9999999999999999999", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        // Lines that are none.
        "Content-Length : 5", " Content-Length: 5", "Host: a\r\n folded: b", "Host: a\r\n\tfolded", "Nonsense",
        ": empty", "Na me: x", "X: a\u{0}b", "X: a\rb", "X: a\u{7F}b", "X\u{E9}: a",
    ])
    func refusesWhatCanBeUnderstoodInTwoWays(fields: String) {
        for piece in [1, 1 << 20] {
            #expect(told("POST / HTTP/1.1\r\n\(fields)\r\n\r\nhello", piece: piece).refusal == 400)
        }
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\nHost: a\n\n", 400), ("GET / HTTP/1.1\r\nHost: a\n\r\n", 400),
        ("GET  / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/1.1 \r\n\r\n", 400), (" GET / HTTP/1.1\r\n\r\n", 400),
        ("GET /\r\n\r\n", 400), ("GET / http/1.1\r\n\r\n", 400), ("GET / HTTP/1.10\r\n\r\n", 400),
        ("GET / HTTP/2.0\r\n\r\n", 505), ("G(T / HTTP/1.1\r\n\r\n", 400), ("GET /a#b HTTP/1.1\r\n\r\n", 400),
        ("GET /a\u{1}b HTTP/1.1\r\n\r\n", 400), ("\r\n\r\nGET / HTTP/1.1\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked, identity\r\n\r\n", 501),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n", 501),
        ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ])
    func refusesBadHeads(text: String, status: UInt) {
        #expect(told(text).refusal == status)
        #expect(told(text, piece: 1).refusal == status)
    }

    @Test(arguments: [
        "5\nhello\r\n", "5\r\nhelloX\r\n", "5\r\nhello\n", "g\r\n", "\r\n", "-1\r\n", "0x5\r\nhello\r\n",
        " 5\r\nhello\r\n",
        "5 \r\nhello\r\n", "FFFFFFFFFFFFFFFF\r\n", "5;\u{0}\r\nhello\r\n", "0\r\nbad trailer\r\n\r\n",
        "0\r\n X: y\r\n\r\n",
        "0\r\nX: y\n\r\n",
    ])
    func refusesBadChunks(body: String) {
        let head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        let told = told(head + body + "0\r\n\r\n")
        #expect(told.refusal == 400)
        #expect(told.requests.isEmpty)
    }

    @Test func limitsWhatItKeeps() {
        let long = String(repeating: "x", count: 20_000)
        #expect(told("GET /\(long) HTTP/1.1\r\n\r\n").refusal == 414)
        #expect(told("GET /\(long)", piece: 100).refusal == 414)
        #expect(told("GET / HTTP/1.1\r\nX: \(long)\r\n\r\n").refusal == 431)
        #expect(told("GET / HTTP/1.1\r\nX: \(long)", piece: 100).refusal == 431)
        let chunked = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        #expect(told("\(chunked)0\r\nX: \(long)", piece: 100).refusal == 431)
        #expect(told("\(chunked)0\r\n" + String(repeating: "X: y\r\n", count: 5000)).refusal == 431)
        #expect(told("\(chunked)5;\(long)", piece: 100).refusal == 400)
    }

    @Test func tellsFieldsAsTheyCame() {
        let text = "X-One: 1\r\nx-two:\t b c \t\r\nX-ONE: 3\r\nEmpty:\r\n"
        let lines = FieldLines(checked: ByteBuffer(string: text))
        #expect(lines.map { "\($0.name)=\($0.value)" } == ["X-One=1", "x-two=b c", "X-ONE=3", "Empty="])
        #expect(lines.values("x-one") == ["1", "3"])
        #expect(lines.list("x-one") == "1, 3")
        #expect(lines.list("none") == nil)
    }
}
