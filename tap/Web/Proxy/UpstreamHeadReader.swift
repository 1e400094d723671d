import NIOCore
import NIOHTTP1

/// Takes the head of an upstream's response apart.
struct UpstreamHeadReader {
    /// Where the body ends (RFC 9112, 6.3).
    enum Framing: Equatable {
        case length(Int64)
        case chunked
        /// With the connection.
        case close
    }

    /// A head without the fields about the connection.
    private(set) var head = ResponseHead(.ok, fields: [])
    private(set) var framing = Framing.close
    /// Whether another response can follow on the connection.
    private(set) var keepsAlive: Bool

    private var lengths = 0
    private var isChunked = false

    /// Reads a head from the status line to the empty line.
    ///
    /// Throws a sentence's end that says what is wrong with it.
    init(_ bytes: UnsafeRawBufferPointer) throws(UpstreamFailure) {
        guard let lineEnd = HeadReader.lineFeed(bytes, from: 0), lineEnd >= 13, bytes[lineEnd - 1] == 0x0D,
            let status = UpstreamHeadReader.status(UnsafeRawBufferPointer(rebasing: bytes[..<(lineEnd - 1)]))
        else { throw .malformed("its first line is no status line") }
        keepsAlive = bytes[7] == UInt8(ascii: "1")
        try take(UnsafeRawBufferPointer(rebasing: bytes[(lineEnd + 1)...]), status)
        if isChunked {
            guard lengths == 0 else { throw .malformed("it has both Content-Length and Transfer-Encoding") }
            guard bytes[7] == UInt8(ascii: "1") else { throw .malformed("it has Transfer-Encoding in HTTP/1.0") }
            framing = .chunked
        }
    }

    /// `HTTP/1.x`, a space, three digits, and a reason behind a space, which may all be missing.
    private static func status(_ line: UnsafeRawBufferPointer) -> HTTPResponseStatus? {
        guard line.count >= 12, line[..<7].elementsEqual("HTTP/1.".utf8), line[7] == 0x30 || line[7] == 0x31,
            line[8] == 0x20, line.count == 12 || line[12] == 0x20,
            line[9..<12].allSatisfy({ (0x30...0x39).contains($0) }),
            line[12...].allSatisfy({ ByteSet.fieldValue.contains($0) })
        else { return nil }
        let code = line[9..<12].reduce(0) { $0 * 10 + Int($1 - 0x30) }
        guard (100...599).contains(code) else { return nil }
        return HTTPResponseStatus(
            statusCode: code, reasonPhrase: String(decoding: line.dropFirst(13), as: UTF8.self))
    }

    private mutating func take(
        _ bytes: UnsafeRawBufferPointer, _ status: HTTPResponseStatus
    ) throws(UpstreamFailure) {
        var passed = PassedFields(of: bytes)
        var copied = ByteBufferAllocator().buffer(capacity: bytes.count)
        var named: [String] = []
        let hasNoBody = status.code < 200 || status.code == 204
        var start = 0
        while let end = HeadReader.lineFeed(bytes, from: start), end > start + 1 {
            let line = start..<(end + 1)
            guard let (name, value, _) = HeadReader.field(UnsafeRawBufferPointer(rebasing: bytes[start..<end])) else {
                throw .malformed("it has a line that is no field")
            }
            start = end + 1
            if name.count == 10, name.isField("connection") {
                takeConnection(value)
                named += HopByHop.names(in: value)
            }
            if name.count == 17, name.isField("transfer-encoding") { try takeCoding(value) }
            if name.count == 14, name.isField("content-length") {
                try takeLength(value)
                if hasNoBody { continue }
            }
            let isUpgrade = status.code == 101 && name.count == 7 && name.isField("upgrade")
            if HopByHop.contains(name), !isUpgrade { continue }
            passed.pass(name, value, in: line, to: &copied)
        }
        passed.finish(to: &copied)
        var lines = FieldLines(checked: copied)
        if !named.isEmpty {
            lines = lines.filtered { name, _ in !named.contains(String(decoding: name, as: UTF8.self).lowercased()) }
        }
        head = ResponseHead(status, lines: lines)
    }

    private mutating func takeConnection(_ value: UnsafeRawBufferPointer) {
        if value.count == 10, value.isField("keep-alive") { return }
        let words = String(decoding: value, as: UTF8.self).lowercased().split(separator: ",").map { $0.trimmingSpaces }
        if words.contains("close") { keepsAlive = false }
    }

    private mutating func takeCoding(_ value: UnsafeRawBufferPointer) throws(UpstreamFailure) {
        guard !isChunked, String(decoding: value, as: UTF8.self).lowercased() == "chunked" else {
            throw .malformed("it has a transfer coding other than chunked")
        }
        isChunked = true
    }

    private mutating func takeLength(_ value: UnsafeRawBufferPointer) throws(UpstreamFailure) {
        guard lengths == 0, (1...18).contains(value.count), value.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw .malformed("its Content-Length is no length, or stands twice")
        }
        lengths = 1
        framing = .length(value.reduce(0) { $0 * 10 + Int64($1 - 0x30) })
    }
}
