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
            connection.output.collect { $0.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n") }
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
            guard request.version.minor > 0 else { return }
            connection.output.collect { bytes in
                head.write(to: &bytes)
                bytes.writeStaticString("\r\n")
            }
            return
        }
        let head = terms.applied(to: head)
        status = head.status
        let framing = framing(of: head)
        if case .close = framing { keepsAlive = false }
        keepsAlive = keepsAlive && !connection.isQuiescing
        state = .sending(framing)
        connection.output.collect { bytes in
            head.write(to: &bytes)
            if case .chunked = framing { bytes.writeStaticString("Transfer-Encoding: chunked\r\n") }
            writeCommonFields(head, to: &bytes)
            bytes.writeStaticString(HTTP1Connection.connectionField(keepsAlive, request.version))
            bytes.writeStaticString("\r\n")
        }
        connection.output.record.sent(Int(status.code))
    }

    /// Writes the fields that all answers have, behind a head that has none of its own.
    private func writeCommonFields(_ head: ResponseHead, to bytes: inout ByteBuffer) {
        guard head.value("date") == nil else { return }
        connection.responder.writeCommonFields(to: &bytes, isSecure: request.client.isSecure)
    }

    private func framing(of head: ResponseHead) -> Framing {
        if request.isHead || [204, 304].contains(head.status.code) { return .none }
        if let length = head.value("content-length").flatMap({ Int64($0) }) { return .length(remaining: length) }
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
        case .chunked, .close, .tunnel: break
        }
        connection.output.record.sent(bytes: Int64(bytes.readableBytes))
        if case .chunked = framing { writeChunk(bytes) } else { connection.output.write(bytes) }
    }

    private func writeChunk(_ bytes: ByteBuffer) {
        connection.output.collect { line in
            line.writeString(String(bytes.readableBytes, radix: 16))
            line.writeStaticString("\r\n")
        }
        connection.output.write(bytes)
        connection.output.collect { $0.writeStaticString("\r\n") }
    }

    func flush() { connection.output.flush() }

    func finish() {
        guard case .sending(let framing) = state else {
            if case .waiting = state { fail(.badGateway) }
            return
        }
        switch framing {
        case .length(let remaining) where remaining > 0:
            breakOff()
            return
        case .chunked: connection.output.collect { $0.writeStaticString("0\r\n\r\n") }
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
        connection.output.flush()
        context.close(promise: nil)
    }

    func upgrade(_ head: ResponseHead) -> Bool {
        guard case .waiting = state, isRequestComplete, request.version.minor > 0 else { return false }
        status = head.status
        state = .sending(.tunnel)
        connection.output.collect { bytes in
            head.write(to: &bytes)
            writeCommonFields(head, to: &bytes)
            bytes.writeStaticString("Connection: Upgrade\r\n\r\n")
        }
        connection.output.record.sent(Int(status.code))
        flush()
        let rest = connection.takeRest()
        if rest.readableBytes > 0 { handler.receive(rest) }
        connection.pump(context)
        return true
    }
}
