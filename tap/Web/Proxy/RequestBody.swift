import NIOCore

/// The body of a request on its way to an upstream: counted, put into the form it is sent in, and kept while there is no
/// connection.
struct RequestBody {
    /// Pieces up to this size are copied behind the line that begins their chunk.
    private static let maximumCopiedBytes = 16 << 10

    let framing: RequestFraming
    private var remaining: Int64 = 0
    private var waiting = CircularBuffer<ByteBuffer>()
    /// Whether all of it has come.
    private(set) var isComplete: Bool

    init(_ framing: RequestFraming) {
        self.framing = framing
        isComplete = !framing.hasBody
        if case .length(let length) = framing { remaining = length }
    }

    /// Adds a piece; false when it is more than was said.
    mutating func add(_ bytes: ByteBuffer) -> Bool {
        guard bytes.readableBytes > 0 else { return true }
        switch framing {
        case .none: return false
        case .length:
            remaining -= Int64(bytes.readableBytes)
            guard remaining >= 0 else { return false }
            waiting.append(bytes)
        case .chunked: addChunk(bytes)
        }
        return true
    }

    /// Nothing more comes; false when it is less than was said.
    mutating func end() -> Bool {
        guard !isComplete else { return true }
        isComplete = true
        if case .chunked = framing { waiting.append(ByteBuffer(staticString: "0\r\n\r\n")) }
        return remaining == 0
    }

    /// The next piece to send, which is taken away.
    mutating func next() -> ByteBuffer? { waiting.popFirst() }

    private mutating func addChunk(_ bytes: ByteBuffer) {
        var line = ByteBuffer(string: String(bytes.readableBytes, radix: 16))
        line.writeStaticString("\r\n")
        guard bytes.readableBytes <= Self.maximumCopiedBytes else {
            waiting.append(line)
            waiting.append(bytes)
            waiting.append(ByteBuffer(staticString: "\r\n"))
            return
        }
        line.writeImmutableBuffer(bytes)
        line.writeStaticString("\r\n")
        waiting.append(line)
    }
}

/// Which upstreams have had a request.
struct UpstreamTries {
    /// A bit for each.
    private(set) var tried: UInt64 = 0
    private(set) var count = 0
    /// Whether one has it now.
    var hasUpstream = false
    /// Whether it was sent on a connection that had served others.
    var isReused = false

    /// One more gets it.
    mutating func note(_ index: Int) {
        tried |= 1 << UInt64(index)
        count += 1
        hasUpstream = true
    }

    /// Whether a failure means no more than that an old connection was closed before it saw the request.
    func isStale(_ failure: UpstreamFailure) -> Bool { isReused && failure == .closed(hadBegun: false) }
}
