import Glibc
import NIOCore
import NIOHTTP1
import TapNetwork

/// Takes requests of HTTP/1 out of the bytes of a connection (RFC 9112).
///
/// It is strict: whatever two programs could understand in two ways is refused, also where the RFC allows to be lenient.
/// Lines end with CR LF and nothing else; no line is folded; no space stands before a colon; a length is digits and stands
/// once. After a refusal nothing more is read.
struct RequestParser {
    /// What comes next in the bytes.
    enum Event {
        case head(Request)
        /// A piece of the body of the request.
        case body(ByteBuffer)
        /// The request is complete.
        case end
        /// What comes is no request; nothing more is told.
        case refusal(HTTPResponseStatus)
    }

    private enum State {
        case head
        case body(remaining: Int64)
        case chunks(ChunkedReader)
        case end
        case refused
    }

    private let client: Client
    /// The greatest size of a request's line and fields.
    private let limit: Int
    private var buffer = ByteBuffer()
    private var state = State.head
    /// Where the line begins whose end was not found yet, from the first byte of the head on.
    private var lineStart = 0
    private var hasSkippedLine = false

    /// A parser for a connection.
    init(client: Client, limit: Int) { (self.client, self.limit) = (client, limit) }

    /// Whether bytes of a head have come, but not all of it.
    var hasPartOfHead: Bool { if case .head = state { buffer.readableBytes > 0 } else { false } }

    /// Whether a request has begun and not ended.
    var isInsideOfRequest: Bool { if case .head = state { buffer.readableBytes > 0 } else { true } }

    /// Whether there are bytes that were not taken apart yet.
    var hasRest: Bool { buffer.readableBytes > 0 }

    /// Adds bytes that have come.
    mutating func add(_ bytes: ByteBuffer) {
        buffer.append(bytes)
    }

    /// The bytes that were not looked at yet, which belong to another protocol now.
    mutating func takeRest() -> ByteBuffer {
        defer { buffer = ByteBuffer() }
        return buffer
    }

    /// The next event, or nil when more bytes have to come first.
    mutating func next() -> Event? {
        switch state {
        case .head: return head()
        case .body(let remaining): return piece(of: remaining)
        case .chunks(let reader): return chunk(reader)
        case .end:
            begin()
            return .end
        case .refused: return nil
        }
    }

    /// Waits for the next head, and keeps no memory of the last one when nothing has come of it.
    private mutating func begin() {
        state = .head
        if buffer.readableBytes == 0 { buffer = ByteBuffer() }
    }

    private mutating func refuse(_ status: HTTPResponseStatus) -> Event {
        state = .refused
        buffer = ByteBuffer()
        return .refusal(status)
    }

    // MARK: The head

    private mutating func head() -> Event? {
        skipEmptyLine()
        let outcome = buffer.withUnsafeReadableBytes { HeadReader(limit: limit).end(of: $0, from: lineStart) }
        switch outcome {
        case .incomplete(let lineStart):
            self.lineStart = lineStart
            return nil
        case .tooLong(let isLine): return refuse(isLine ? .uriTooLong : .requestHeaderFieldsTooLarge)
        case .malformed: return refuse(.badRequest)
        case .complete(let end):
            lineStart = 0
            return head(end: end)
        }
    }

    /// One empty line before a request is overlooked (RFC 9112, 2.2).
    private mutating func skipEmptyLine() {
        guard !hasSkippedLine, lineStart == 0, buffer.getInteger(at: buffer.readerIndex, as: UInt16.self) == 0x0D0A
        else { return }
        buffer.moveReaderIndex(forwardBy: 2)
        hasSkippedLine = true
    }

    private mutating func head(end: Int) -> Event? {
        let parts = buffer.withUnsafeReadableBytes {
            HeadReader.parts(UnsafeRawBufferPointer(rebasing: $0[..<end]))
        }
        guard let parts,
            let lines = buffer.getSlice(at: buffer.readerIndex + parts.fieldsStart, length: end - 2 - parts.fieldsStart)
        else { return refuse(.badRequest) }
        guard [.http1_0, .http1_1].contains(parts.version) else { return refuse(.httpVersionNotSupported) }
        switch parts.fields.framing {
        case .clear: break
        case .broken: return refuse(.badRequest)
        case .unknownCoding: return refuse(.notImplemented)
        }
        var fields = parts.fields
        fields.lines = FieldLines(checked: lines)
        let request = Request(
            method: parts.method, target: parts.target, version: parts.version, fields: fields, client: client)
        buffer.moveReaderIndex(forwardBy: end)
        hasSkippedLine = false
        state =
            parts.fields.isChunked
            ? .chunks(ChunkedReader(trailerLimit: limit))
            : request.hasBody ? .body(remaining: parts.fields.contentLength ?? 0) : .end
        return .head(request)
    }

    // MARK: The body

    private mutating func piece(of remaining: Int64) -> Event? {
        let count = min(remaining, Int64(buffer.readableBytes))
        guard count > 0, let bytes = buffer.readSlice(length: Int(count)) else { return nil }
        state = remaining == count ? .end : .body(remaining: remaining - count)
        return .body(bytes)
    }

    private mutating func chunk(_ reader: ChunkedReader) -> Event? {
        var reader = reader
        let step = reader.next(&buffer)
        state = .chunks(reader)
        switch step {
        case .bytes(let bytes): return .body(bytes)
        case .end:
            begin()
            return .end
        case .incomplete: return nil
        case .malformed: return refuse(.badRequest)
        case .tooLong: return refuse(.requestHeaderFieldsTooLarge)
        }
    }
}
