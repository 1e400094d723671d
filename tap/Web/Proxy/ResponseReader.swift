import NIOCore
import NIOHTTP1
import TapNetwork

/// Takes responses out of the bytes of a connection to an upstream (RFC 9112).
///
/// As strict as the reader of requests: what two programs could understand in two ways is no response. That protects the
/// clients, and the answers to one from being read as the answers to another.
struct ResponseReader {
    /// What comes next in the bytes.
    enum Event {
        /// A head of the class 1xx; 100 is left out.
        case interim(ResponseHead)
        /// The upstream speaks another protocol from here on.
        case upgrade(ResponseHead)
        case head(ResponseHead)
        case body(ByteBuffer)
        /// The response is complete; whether another one can follow.
        case end(keepsAlive: Bool)
        /// What comes is no response; nothing more is told.
        case failure(UpstreamFailure)
    }

    private enum State {
        /// Nothing is expected, or nothing more.
        case silent
        case head
        case length(remaining: Int64)
        case chunked(ChunkedReader)
        case close
        case end
    }

    /// The greatest size of a head.
    private static let maximumHeadBytes = 64 << 10

    private var buffer = ByteBuffer()
    private var state = State.silent
    private var isHead = false
    private var mayUpgrade = false
    private var keepsAlive = false
    private var lineStart = 0
    /// Whether any byte of the response has come.
    private(set) var hasBegun = false

    /// Whether there are bytes that nobody has asked for.
    var hasRest: Bool { buffer.readableBytes > 0 }

    /// Expects the response to a request: whether that was HEAD, and whether it has asked for another protocol.
    mutating func expect(isHead: Bool, mayUpgrade: Bool) {
        (self.isHead, self.mayUpgrade) = (isHead, mayUpgrade)
        (state, lineStart, hasBegun) = (.head, 0, false)
    }

    /// Adds bytes that have come.
    mutating func add(_ bytes: ByteBuffer) {
        hasBegun = true
        buffer.append(bytes)
    }

    /// The bytes that belong to another protocol now.
    mutating func takeRest() -> ByteBuffer {
        defer { buffer = ByteBuffer() }
        return buffer
    }

    /// The next event, or nil when more bytes have to come first.
    mutating func next() -> Event? {
        switch state {
        case .silent: return nil
        case .head: return head()
        case .length(let remaining):
            let count = min(remaining, Int64(buffer.readableBytes))
            guard count > 0, let bytes = buffer.readSlice(length: Int(count)) else { return nil }
            state = count == remaining ? .end : .length(remaining: remaining - count)
            return .body(bytes)
        case .chunked(var reader):
            let step = reader.next(&buffer)
            state = .chunked(reader)
            switch step {
            case .bytes(let bytes): return .body(bytes)
            case .end: return end()
            case .incomplete: return nil
            case .malformed, .tooLong: return fail(.malformed("its chunks are none"))
            }
        case .close:
            guard buffer.readableBytes > 0 else { return nil }
            return .body(takeRest())
        case .end: return end()
        }
    }

    /// What it means that the upstream has closed its side.
    mutating func inputEnded() -> Event {
        switch state {
        case .close: return end()
        default: return fail(.closed(hadBegun: hasBegun))
        }
    }

    private mutating func end() -> Event {
        state = .silent
        // Nothing is kept of an answer while the connection waits for the next request.
        if buffer.readableBytes == 0 { buffer = ByteBuffer() }
        return .end(keepsAlive: keepsAlive)
    }

    private mutating func fail(_ failure: UpstreamFailure) -> Event {
        state = .silent
        buffer = ByteBuffer()
        return .failure(failure)
    }

    private mutating func head() -> Event? {
        while case .head = state {
            let outcome = buffer.withUnsafeReadableBytes {
                HeadReader(limit: Self.maximumHeadBytes).end(of: $0, from: lineStart)
            }
            switch outcome {
            case .incomplete(let lineStart):
                self.lineStart = lineStart
                return nil
            case .tooLong: return fail(.malformed("its header is too long"))
            case .malformed: return fail(.malformed("a line of its header does not end with CR LF"))
            case .complete(let end):
                lineStart = 0
                if let event = head(end: end) { return event }
            }
        }
        return nil
    }

    /// Takes a head of so many bytes; nil when it says nothing.
    private mutating func head(end: Int) -> Event? {
        let read: UpstreamHeadReader
        do throws(UpstreamFailure) {
            read = try buffer.withUnsafeReadableBytes { bytes throws(UpstreamFailure) in
                try UpstreamHeadReader(UnsafeRawBufferPointer(rebasing: bytes[..<end]))
            }
        } catch {
            return fail(error)
        }
        buffer.moveReaderIndex(forwardBy: end)
        switch read.head.status.code {
        case 100: return nil
        case 101:
            guard mayUpgrade else { return fail(.malformed("it changes the protocol, which nobody has asked for")) }
            state = .silent
            return .upgrade(read.head)
        case 102..<200: return .interim(read.head)
        default:
            begin(read)
            return .head(read.head)
        }
    }

    private mutating func begin(_ read: UpstreamHeadReader) {
        keepsAlive = read.keepsAlive
        if isHead || read.head.status.code == 204 || read.head.status.code == 304 {
            state = .end
            return
        }
        switch read.framing {
        case .length(0): state = .end
        case .length(let count): state = .length(remaining: count)
        case .chunked: state = .chunked(ChunkedReader())
        case .close:
            keepsAlive = false
            state = .close
        }
    }
}
