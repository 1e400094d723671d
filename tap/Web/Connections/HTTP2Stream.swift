import Logging
import NIOCore
import NIOHPACK
import NIOHTTP1
import NIOHTTP2
import Taproom

/// One request of HTTP/2, and its answer.
final class HTTP2Stream: ChannelDuplexHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias OutboundIn = Never
    typealias OutboundOut = HTTP2Frame.FramePayload

    private enum Current {
        case waiting
        /// It is found out whether it is to be answered; what has come of its body meanwhile.
        case held(ByteBuffer, isComplete: Bool)
        /// Its answer is known and is sent when all of it has come; the body is discarded.
        case discarding(Request, Response)
        case handled(any RequestHandler, HandlerTerms)
        case over
    }

    private enum Sending {
        case nothing
        case body
        case over
    }

    private let responder: Responder
    private let client: Client
    private var context: ChannelHandlerContext?
    private var current = Current.waiting
    private var sending = Sending.nothing
    private var request: Request?
    private var bodyBytes: Int64 = 0
    private var isReading = true
    private var isRequestComplete = false
    private var readIsHeld = false
    /// Whether what was held is not taken yet, so that nothing more may come.
    private var isGoingOn = false
    private var status = HTTPResponseStatus.ok
    private var record: RequestRecord
    private var transfer: Transfer?
    /// What was sent last and is not written yet: it may turn out to be the end of the stream, which it says itself then.
    private var last: HTTP2Frame.FramePayload?
    private var pace: BodyPace
    private var timer: Scheduled<Void>?
    private var sendTimer: Scheduled<Void>?

    init(_ responder: Responder, _ client: Client) {
        (self.responder, self.client) = (responder, client)
        record = RequestRecord(responder, client)
        pace = BodyPace(responder.site.settings.limits)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    // MARK: What arrives

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .headers(let frame):
            if case .waiting = current {
                begin(frame.headers, endsStream: frame.endStream)
            } else if frame.endStream {
                receiveEnd()
            }
        case .data(let frame):
            if case .byteBuffer(let bytes) = frame.data, bytes.readableBytes > 0 { receive(bytes) }
            if frame.endStream { receiveEnd() }
        case .rstStream: context.close(promise: nil)
        default: break
        }
    }

    func read(context: ChannelHandlerContext) {
        if isReading { context.read() } else { readIsHeld = true }
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        sendTimer?.cancel()
        if case .handled(let handler, _) = current, sending != .over { handler.cancel() }
        (current, sending, transfer, last) = (.over, .over, nil, nil)
        record.report()
        record.end()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        responder.site.logger.debug("stream failed", metadata: ["error": "\(error)"])
        context.close(promise: nil)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        sendTimer?.cancel()
        if context.channel.isWritable {
            sendMore()
        } else {
            // A client that takes nothing keeps what waits for it in memory.
            sendTimer = context.eventLoop.assumeIsolated().scheduleTask(in: idle) { [self] in breakOff() }
        }
        if case .handled(let handler, _) = current { handler.writabilityChanged() }
        context.fireChannelWritabilityChanged()
    }

    private func begin(_ headers: HPACKHeaders, endsStream: Bool) {
        guard let request = Request(headers, endsStream: endsStream, client: client) else {
            refuse(.badRequest)
            return
        }
        self.request = request
        if !endsStream { watchBody() }
        begin(request, record.answer(to: request), endsStream: endsStream)
        if endsStream { receiveEnd() }
    }

    private func begin(_ request: Request, _ answer: Answer, endsStream: Bool) {
        let length = request.fields.contentLength ?? 0
        switch answer {
        case .later(let later):
            current = .held(ByteBuffer(), isComplete: false)
            setReading(false)
            later.whenReady { [self] in goOn(request, $0) }
        case .response(let response)
        where length > HTTP1Connection.maximumDiscardedBytes && response.asksToComeAgain:
            stopWatching()
            current = .over
            send(response)
        case .response where length > HTTP1Connection.maximumDiscardedBytes: refuse(.payloadTooLarge)
        case .response(let response): current = .discarding(request, response)
        case .handler(_, let terms) where length > terms.bodyLimit: refuse(.payloadTooLarge)
        case .handler(let handler, let terms):
            current = .handled(handler, terms)
            if request.fields.expectsContinue && !endsStream { send(ResponseHead(.continue, fields: [])) }
            handler.begin(self)
        }
    }

    /// It is known what the answer is: what has come until now is taken.
    ///
    /// That is not more than the window of the stream, because nothing was read.
    private func goOn(_ request: Request, _ answer: Answer) {
        guard case .held(let bytes, let isComplete) = current else { return }
        (isReading, isGoingOn) = (true, true)
        record.goOn(with: request)
        begin(request, answer, endsStream: isComplete)
        isGoingOn = false
        if case .held = current {
            current = .held(bytes, isComplete: isComplete)
            return
        }
        if bytes.readableBytes > 0 { receive(bytes) }
        if isComplete { receiveEnd() }
        if isReading { setReading(true) }
    }

    private func receive(_ bytes: ByteBuffer) {
        bodyBytes += Int64(bytes.readableBytes)
        pace.receive(bytes.readableBytes)
        if timer != nil { pace.note(isReading: true, now: .now()) }
        switch current {
        case .discarding where bodyBytes > HTTP1Connection.maximumDiscardedBytes: refuse(.payloadTooLarge)
        case .handled(_, let terms) where bodyBytes > terms.bodyLimit: refuse(.payloadTooLarge)
        case .handled(let handler, _): handler.receive(bytes)
        case .held(var before, let isComplete):
            before.writeImmutableBuffer(bytes)
            current = .held(before, isComplete: isComplete)
        default: break
        }
    }

    private func receiveEnd() {
        isRequestComplete = true
        stopWatching()
        switch current {
        case .held(let bytes, _): current = .held(bytes, isComplete: true)
        case .discarding(_, let response):
            current = .over
            send(response)
        case .handled(let handler, _): handler.receiveEnd()
        default: break
        }
    }

    private var idle: TimeAmount { .milliseconds(responder.site.settings.limits.idle.milliseconds) }

    /// Refuses a body that is read and comes too slowly.
    private func watchBody() {
        if case .over = current { return }
        guard !isRequestComplete else { return }
        pace.note(isReading: true, now: .now())
        guard timer == nil else { return }
        timer = context?.eventLoop.assumeIsolated().scheduleTask(deadline: pace.deadline) { [self] in
            timer = nil
            if NIODeadline.now() < pace.deadline { watchBody() } else { refuse(.requestTimeout) }
        }
    }

    private func stopWatching() {
        timer?.cancel()
        timer = nil
        pace.note(isReading: false, now: .now())
    }

    private func refuse(_ status: HTTPResponseStatus) {
        stopWatching()
        if case .handled(let handler, _) = current, sending != .over { handler.cancel() }
        current = .over
        guard sending == .nothing else {
            breakOff()
            return
        }
        send(.failure(status))
    }

    // MARK: What is sent

    private func send(_ response: Response) {
        send(response.head)
        guard !response.body.isEmpty, request?.isHead != true else {
            finish()
            return
        }
        transfer = Transfer(response, pieceBytes: Transfer.readBytes)
        sendMore()
    }

    /// Sends pieces of a response as long as the client takes them.
    private func sendMore() {
        while var transfer, context?.channel.isWritable == true {
            let piece = transfer.next()
            self.transfer = transfer.isEmpty ? nil : transfer
            switch piece {
            case .bytes(let bytes)?: send(bytes)
            case .file(let file, let range)?:
                guard let bytes = file.contents(range) else {
                    breakOff()
                    return
                }
                send(bytes)
            case nil:
                breakOff()
                return
            }
            if self.transfer == nil { finish() }
        }
        flush()
    }

    private func breakOff() {
        (sending, transfer, last) = (.over, nil, nil)
        guard let context else { return }
        context.writeAndFlush(wrapOutboundOut(.rstStream(.internalError)), promise: nil)
        context.close(promise: nil)
    }
}

extension HTTP2Stream: ResponseStream {
    var eventLoop: any EventLoop { responder.loop }

    var isWritable: Bool { context?.channel.isWritable ?? false }

    func send(_ head: ResponseHead) {
        guard sending == .nothing, let context else { return }
        let isFinal = head.status.code >= 200
        var head = head
        if isFinal, case .handled(_, let terms) = current { head = terms.applied(to: head) }
        var headers = HPACKHeaders()
        headers.add(name: ":status", value: "\(head.status.code)")
        for (name, value) in head.fields { headers.add(name: name.lowercased(), value: value) }
        if isFinal {
            if head.value("date") == nil { headers.add(name: "date", value: responder.dateText) }
            if let value = responder.strictTransport { headers.add(name: "strict-transport-security", value: value) }
            (status, sending) = (head.status, .body)
            record.sent(Int(status.code))
        }
        let frame = HTTP2Frame.FramePayload.headers(.init(headers: headers))
        if isFinal { last = frame } else { context.write(wrapOutboundOut(frame), promise: nil) }
    }

    func send(_ bytes: ByteBuffer) {
        guard sending == .body, bytes.readableBytes > 0 else { return }
        if request?.isHead == true || [204, 304].contains(status.code) { return }
        record.sent(bytes: Int64(bytes.readableBytes))
        writeLast()
        last = .data(.init(data: .byteBuffer(bytes)))
    }

    private func writeLast() {
        guard let frame = last else { return }
        last = nil
        context?.write(wrapOutboundOut(frame), promise: nil)
    }

    func flush() {
        record.report()
        writeLast()
        context?.flush()
    }

    func finish() {
        guard sending == .body, let context else {
            if sending == .nothing { fail(.badGateway) }
            return
        }
        sending = .over
        record.report()
        record.end()
        let end = last?.endingStream ?? .data(.init(data: .byteBuffer(ByteBuffer()), endStream: true))
        last = nil
        context.writeAndFlush(wrapOutboundOut(end), promise: nil)
    }

    func fail(_ status: HTTPResponseStatus) {
        guard sending == .nothing else {
            if sending == .body { breakOff() }
            return
        }
        send(Response.failure(status, isHead: request?.isHead ?? false))
        current = .over
    }

    func setReading(_ isReading: Bool) {
        self.isReading = isReading
        guard isReading else {
            stopWatching()
            return
        }
        guard !isGoingOn else { return }
        watchBody()
        guard readIsHeld else { return }
        readIsHeld = false
        context?.read()
    }

    /// Other protocols have streams of their own in HTTP/2 (RFC 8441), which nobody asks for here.
    func upgrade(_ head: ResponseHead) -> Bool { false }
}

extension HTTP2Frame.FramePayload {
    /// The same frame as the last of its stream; nil for frames that can't be.
    fileprivate var endingStream: HTTP2Frame.FramePayload? {
        switch self {
        case .headers(var frame):
            frame.endStream = true
            return .headers(frame)
        case .data(var frame):
            frame.endStream = true
            return .data(frame)
        default: return nil
        }
    }
}
