import NIOCore
import NIOHTTP1

/// One request of HTTP/1 that a handler answers.
final class HTTP1Exchange: ResponseStream {
    /// How the client knows where the body ends (RFC 9112, 6.3).
    private enum Framing {
        /// There is no body.
        case none
        case length(remaining: Int64)
        case chunked
        /// It ends with the connection.
        case close
        /// What is sent is no HTTP any more.
        case tunnel
    }

    private enum State {
        case waiting
        case sending(Framing)
        case over
    }

    /// Pieces up to this size are copied into one buffer with what marks them as a chunk.
    private static let maximumCopiedBytes = 16 << 10

    let request: Request
    let handler: any RequestHandler
    let eventLoop: any EventLoop
    private(set) var status = HTTPResponseStatus.ok
    private(set) var isRequestComplete = false
    private var state = State.waiting
    private var isReading = true
    private var bodyBytes: Int64 = 0
    private var keepsAlive: Bool
    private let terms: HandlerTerms
    private let context: ChannelHandlerContext
    private unowned let connection: HTTP1Connection

    init(
        _ request: Request, _ handler: any RequestHandler, _ terms: HandlerTerms, _ connection: HTTP1Connection,
        _ context: ChannelHandlerContext
    ) {
        (self.request, self.handler, self.terms) = (request, handler, terms)
        (self.connection, self.context) = (connection, context)
        eventLoop = context.eventLoop
        keepsAlive = request.keepsAlive
    }

    /// Whether both sides send bytes that are no HTTP.
    var isTunnel: Bool { if case .sending(.tunnel) = state { true } else { false } }

    /// Whether more of the request can be taken.
    var takesRequest: Bool { isReading && (!isRequestComplete || isTunnel) }

    // MARK: The request

    func begin() {
        if request.fields.expectsContinue && request.hasBody {
            write(ByteBuffer(staticString: "HTTP/1.1 100 Continue\r\n\r\n"))
        }
        handler.begin(self)
    }

    func receive(_ bytes: ByteBuffer) {
        bodyBytes += Int64(bytes.readableBytes)
        guard bodyBytes <= terms.bodyLimit else {
            refuse(.payloadTooLarge)
            return
        }
        if !isOver { handler.receive(bytes) }
    }

    func receiveEnd() {
        guard !isRequestComplete || isTunnel else { return }
        isRequestComplete = true
        if !isOver { handler.receiveEnd() }
    }

    /// The rest of the request can't be read.
    func refuse(_ status: HTTPResponseStatus) {
        guard !isOver else { return }
        handler.cancel()
        keepsAlive = false
        fail(status)
    }

    /// The connection is gone.
    func cancel() {
        guard !isOver else { return }
        state = .over
        handler.cancel()
    }

    private var isOver: Bool { if case .over = state { true } else { false } }

    func setReading(_ isReading: Bool) {
        guard self.isReading != isReading else { return }
        self.isReading = isReading
        if isReading { connection.pump(context) }
    }

    // MARK: The answer

    var isWritable: Bool { context.channel.isWritable }

    func send(_ head: ResponseHead) {
        guard case .waiting = state else { return }
        if head.status.code < 200 {
            if request.version.minor > 0 { write(head.bytes, "\r\n") }
            return
        }
        let head = terms.applied(to: head)
        status = head.status
        let framing = framing(of: head)
        if case .close = framing { keepsAlive = false }
        keepsAlive = keepsAlive && !connection.isQuiescing
        state = .sending(framing)
        var bytes = head.bytes
        if case .chunked = framing { bytes.writeStaticString("Transfer-Encoding: chunked\r\n") }
        if head.value("Date") == nil {
            bytes.writeImmutableBuffer(connection.responder.commonFields(isSecure: request.client.isSecure))
        }
        bytes.writeStaticString(HTTP1Connection.connectionField(keepsAlive, request.version))
        bytes.writeStaticString("\r\n")
        connection.output.record.sent(Int(status.code))
        write(bytes)
    }

    private func framing(of head: ResponseHead) -> Framing {
        if request.isHead || [204, 304].contains(head.status.code) { return .none }
        if let length = head.value("Content-Length").flatMap({ Int64($0) }) { return .length(remaining: length) }
        return request.version.minor > 0 ? .chunked : .close
    }

    func send(_ bytes: ByteBuffer) {
        guard case .sending(let framing) = state, bytes.readableBytes > 0 else { return }
        switch framing {
        case .none: return
        case .length(let remaining):
            guard remaining >= Int64(bytes.readableBytes) else {
                breakOff()
                return
            }
            state = .sending(.length(remaining: remaining - Int64(bytes.readableBytes)))
            write(bytes)
        case .chunked: writeChunk(bytes)
        case .close, .tunnel: write(bytes)
        }
        connection.output.record.sent(bytes: Int64(bytes.readableBytes))
    }

    private func writeChunk(_ bytes: ByteBuffer) {
        var line = context.channel.allocator.buffer(
            capacity: 20 + (bytes.readableBytes <= Self.maximumCopiedBytes ? bytes.readableBytes : 0))
        line.writeString(String(bytes.readableBytes, radix: 16))
        line.writeStaticString("\r\n")
        if bytes.readableBytes <= Self.maximumCopiedBytes {
            line.writeImmutableBuffer(bytes)
            line.writeStaticString("\r\n")
            write(line)
        } else {
            write(line)
            write(bytes)
            write(ByteBuffer(staticString: "\r\n"))
        }
    }

    func flush() { connection.output.flush(context) }

    func finish() {
        guard case .sending(let framing) = state else {
            if case .waiting = state { fail(.badGateway) }
            return
        }
        switch framing {
        case .length(let remaining) where remaining > 0:
            breakOff()
            return
        case .chunked: write(ByteBuffer(staticString: "0\r\n\r\n"))
        default: break
        }
        if case .tunnel = framing { keepsAlive = false }
        state = .over
        connection.finished(self, keepsAlive: keepsAlive, context)
    }

    func fail(_ status: HTTPResponseStatus) {
        guard case .waiting = state else {
            if !isOver { breakOff() }
            return
        }
        let failure = Response.failure(status, isHead: request.isHead)
        if !isRequestComplete, request.hasBody { keepsAlive = false }
        send(failure.head)
        for case .bytes(let bytes) in failure.body { send(bytes) }
        finish()
    }

    private func breakOff() {
        state = .over
        connection.output.flush(context)
        context.close(promise: nil)
    }

    func upgrade(_ head: ResponseHead) -> Bool {
        guard case .waiting = state, isRequestComplete, request.version.minor > 0 else { return false }
        status = head.status
        state = .sending(.tunnel)
        var bytes = head.bytes
        if head.value("Date") == nil {
            bytes.writeImmutableBuffer(connection.responder.commonFields(isSecure: request.client.isSecure))
        }
        bytes.writeStaticString("Connection: Upgrade\r\n\r\n")
        connection.output.record.sent(Int(status.code))
        write(bytes)
        flush()
        let rest = connection.takeRest()
        if rest.readableBytes > 0 { handler.receive(rest) }
        connection.pump(context)
        return true
    }

    private func write(_ bytes: ByteBuffer, _ end: StaticString = "") {
        var bytes = bytes
        bytes.writeStaticString(end)
        context.write(HTTP1Connection.wrapOutboundOut(.byteBuffer(bytes)), promise: nil)
    }
}
