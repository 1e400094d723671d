import Glibc
import NIOCore
import NIOHTTP1

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
        case chunkLine
        case chunk(remaining: Int64)
        case chunkEnd
        case trailers(bytes: Int)
        case end
        case refused
    }

    /// The longest line that begins a chunk, with its extensions, which mean nothing here.
    private static let maximumChunkLine = 256

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

    /// Adds bytes that have come.
    mutating func add(_ bytes: ByteBuffer) {
        if buffer.readableBytes == 0 { buffer = bytes } else { buffer.writeImmutableBuffer(bytes) }
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
        case .body(let remaining): return piece(of: remaining) { $0 == 0 ? .end : .body(remaining: $0) }
        case .chunkLine: return chunkLine()
        case .chunk(let remaining): return piece(of: remaining) { $0 == 0 ? .chunkEnd : .chunk(remaining: $0) }
        case .chunkEnd:
            guard let end = buffer.getInteger(at: buffer.readerIndex, as: UInt16.self) else { return nil }
            guard end == 0x0D0A else { return refuse(.badRequest) }
            buffer.moveReaderIndex(forwardBy: 2)
            state = .chunkLine
            return chunkLine()
        case .trailers(let bytes): return trailer(after: bytes)
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
        let request = Request(
            method: parts.method, target: parts.target, version: parts.version, fields: parts.fields,
            lines: FieldLines(checked: lines), client: client)
        buffer.moveReaderIndex(forwardBy: end)
        hasSkippedLine = false
        state =
            parts.fields.isChunked
            ? .chunkLine : request.hasBody ? .body(remaining: parts.fields.contentLength ?? 0) : .end
        return .head(request)
    }

    // MARK: The body

    private mutating func piece(of remaining: Int64, _ next: (Int64) -> State) -> Event? {
        let count = min(remaining, Int64(buffer.readableBytes))
        guard count > 0, let bytes = buffer.readSlice(length: Int(count)) else { return nil }
        state = next(remaining - count)
        return .body(bytes)
    }

    private mutating func chunkLine() -> Event? {
        let line = buffer.readableBytesView.prefix(Self.maximumChunkLine)
        guard let end = line.firstIndex(of: 0x0A) else {
            return line.count < Self.maximumChunkLine ? nil : refuse(.badRequest)
        }
        guard let size = RequestParser.chunkSize(line[..<end]) else { return refuse(.badRequest) }
        buffer.moveReaderIndex(to: end + 1)
        guard size > 0 else {
            state = .trailers(bytes: 0)
            return trailer(after: 0)
        }
        state = .chunk(remaining: size)
        return next()
    }

    /// The size at the beginning of a line, which ends with CR; extensions are visible characters.
    private static func chunkSize(_ line: some BidirectionalCollection<UInt8>) -> Int64? {
        guard line.last == 0x0D else { return nil }
        let digits = line.prefix { $0 != 0x0D && $0 != UInt8(ascii: ";") }
        let rest = line.dropFirst(digits.count).dropLast()
        guard (1...15).contains(digits.count), rest.allSatisfy({ ByteSet.fieldValue.contains($0) }) else { return nil }
        var size: Int64 = 0
        for digit in digits {
            guard let value = RequestPath.hexadecimal(digit) else { return nil }
            size = size << 4 | Int64(value)
        }
        return size
    }

    /// Fields behind the body are checked, and forgotten.
    private mutating func trailer(after bytes: Int) -> Event? {
        var bytes = bytes
        while let end = buffer.readableBytesView.firstIndex(of: 0x0A) {
            let start = buffer.readerIndex
            let line = buffer.readableBytesView[start..<end]
            bytes += end + 1 - start
            guard bytes <= limit else { return refuse(.requestHeaderFieldsTooLarge) }
            let isEmpty = line.count == 1 && line.first == 0x0D
            let isField = buffer.withUnsafeReadableBytes {
                HeadReader.field(UnsafeRawBufferPointer(rebasing: $0[..<(end - start)])) != nil
            }
            guard isEmpty || isField else { return refuse(.badRequest) }
            buffer.moveReaderIndex(to: end + 1)
            if isEmpty {
                begin()
                return .end
            }
        }
        state = .trailers(bytes: bytes)
        return bytes + buffer.readableBytes > limit ? refuse(.requestHeaderFieldsTooLarge) : nil
    }
}
