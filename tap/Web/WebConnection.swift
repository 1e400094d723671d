import Logging
import NIOCore
import NIOHTTP1

/// One connection: takes requests in their order, has them answered, and sends the answers.
///
/// While an answer is on its way nothing is read, so that a client that asks for more than it takes waits for itself.
/// Everything here happens on the connection's event loop.
final class WebConnection: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = Never
    typealias OutboundOut = IOData

    /// Longer bodies of requests are not even discarded.
    private static let maximumDiscardedBytes: Int64 = 1 << 20

    /// How long a request may be under way that was sent before its client could know of the end.
    private static let grace = TimeAmount.seconds(1)

    private let responder: Responder
    private let watch: RequestWatch
    private var output: ResponseWriter
    private var clock: ConnectionClock
    private var timer: Scheduled<Void>?
    private var timerDeadline = NIODeadline.distantFuture

    /// The request whose body is being discarded.
    private var arriving: IncomingRequest?
    private var waiting = CircularBuffer<Arrival>(initialCapacity: 0)
    private var isPumping = false
    private var readIsHeld = false
    private var inputIsClosed = false
    private var isQuiescing = false
    /// Whether no request has come yet.
    private var isFresh = true
    /// Until when a client that has connected but not asked yet may ask, after the end has begun.
    private var graceEnd = NIODeadline.distantPast
    /// Whether no more requests are answered.
    private var isEnding = false

    init(_ responder: Responder, watch: RequestWatch) {
        self.responder = responder
        self.watch = watch
        output = ResponseWriter(responder)
        clock = ConnectionClock(responder.site.settings.limits, now: .now())
    }

    /// A request, or a reason to refuse all that comes, in its place in the order.
    private enum Arrival {
        case request(IncomingRequest)
        case refusal(HTTPResponseStatus)
    }

    // MARK: What arrives

    func channelActive(context: ChannelHandlerContext) {
        arm(context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isEnding else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            watch.reset()
            isFresh = false
            headArrived(IncomingRequest(head))
        case .body(let bytes):
            arriving?.bodyBytes += Int64(bytes.readableBytes)
            if let bytes = arriving?.bodyBytes, bytes > Self.maximumDiscardedBytes { refuse(.payloadTooLarge) }
        case .end:
            watch.reset()
            if let request = arriving { waiting.append(.request(request)) }
            arriving = nil
        }
    }

    private func headArrived(_ request: IncomingRequest) {
        if let length = request.fields.contentLength, length > Self.maximumDiscardedBytes {
            refuse(.payloadTooLarge)
        } else if request.fields.expectsContinue {
            // The client waits with its body, which nobody wants: it gets its answer instead of the word to go on.
            waiting.append(.request(request.closing()))
            arriving = nil
        } else {
            arriving = request
        }
    }

    private func refuse(_ status: HTTPResponseStatus) {
        arriving = nil
        waiting.append(.refusal(status))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        pump(context)
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError, !isEnding else {
            responder.site.logger.debug("connection failed", metadata: ["error": "\(error)"])
            context.close(promise: nil)
            return
        }
        switch error {
        case .invalidEOFState, .closedConnection: inputIsClosed = true
        case .headerOverflow:
            let isLine = watch.firstLineBytes > responder.site.settings.limits.header
            refuse(isLine ? .uriTooLong : .requestHeaderFieldsTooLarge)
        case .invalidMethod where watch.beginsWithUnknownMethod: refuse(.notImplemented)
        default: refuse(.badRequest)
        }
        pump(context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent:
            isQuiescing = true
            graceEnd = .now() + Self.grace
            context.eventLoop.assumeIsolated().scheduleTask(deadline: graceEnd) { [self] in pump(context) }
            pump(context)
        case ChannelEvent.inputClosed:
            inputIsClosed = true
            pump(context)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        pump(context)
        context.fireChannelWritabilityChanged()
    }

    func read(context: ChannelHandlerContext) {
        if isBusy(context) && !isEnding { readIsHeld = true } else { context.read() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        isEnding = true
        waiting.removeAll()
        arriving = nil
        timer?.cancel()
        timer = nil
        output.abandon()
        context.fireChannelInactive()
    }

    // MARK: What is done about it

    private func isBusy(_ context: ChannelHandlerContext) -> Bool { output.isSending || !context.channel.isWritable }

    /// Answers what is waiting, as long as the client takes the answers.
    ///
    /// Anything that changes calls this.
    private func pump(_ context: ChannelHandlerContext) {
        guard !isPumping, context.channel.isActive else { return }
        isPumping = true
        repeat {
            while !isEnding, !isBusy(context), let arrival = waiting.popFirst() { answer(arrival, context) }
            output.flush(context)
        } while !isEnding && !isBusy(context) && !waiting.isEmpty
        isPumping = false
        if !isEnding, !isBusy(context) {
            if inputIsClosed || isQuiescing && !isAsking {
                closeWhenSent(context)
                return
            }
            if readIsHeld {
                readIsHeld = false
                context.read()
            }
        }
        noteTime(context)
    }

    /// Whether a request comes, or may still come from a client that counts on an answer.
    private var isAsking: Bool {
        arriving != nil || (isFresh || watch.hasPartOfHead) && NIODeadline.now() < graceEnd
    }

    private func answer(_ arrival: Arrival, _ context: ChannelHandlerContext) {
        let response: Response
        var keepsAlive = false
        var isComplete = true
        switch arrival {
        case .refusal(let status):
            response = .failure(status)
            isComplete = false
        case .request(let request):
            response = responder.response(to: request.head, request.fields)
            keepsAlive = request.keepsAlive && !isQuiescing
            isComplete = !request.leavesBody
            log(request, response)
        }
        let version: HTTPVersion = if case .request(let request) = arrival { request.head.version } else { .http1_1 }
        let done = keepsAlive ? nil : context.eventLoop.makePromise(of: Void.self)
        if let done {
            isEnding = true
            waiting.removeAll()
            done.futureResult.assumeIsolated().whenComplete { [self] _ in end(context, isComplete: isComplete) }
        }
        output.send(response, connection: connectionField(keepsAlive, version), context, done: done) { [self] in
            pump(context)
        }
    }

    private func connectionField(_ keepsAlive: Bool, _ version: HTTPVersion) -> StaticString {
        if !keepsAlive { return "Connection: close\r\n" }
        return version.minor < 1 ? "Connection: keep-alive\r\n" : ""
    }

    private func log(_ request: IncomingRequest, _ response: Response) {
        guard responder.site.logsRequests else { return }
        responder.site.logger.debug(
            "request",
            metadata: [
                "method": "\(request.head.method)", "target": "\(request.head.uri)",
                "status": "\(response.status.code)",
            ])
    }

    // MARK: The end

    /// Closes behind everything that was written, for the operating system may not have taken all of it.
    private func closeWhenSent(_ context: ChannelHandlerContext) {
        isEnding = true
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.byteBuffer(ByteBuffer())), promise: written)
        noteTime(context)
    }

    /// The last answer is with the operating system.
    ///
    /// When the client may still be sending, closing at once could destroy the answer on its way: then only the sending
    /// side is closed, and the client has a moment to see it.
    private func end(_ context: ChannelHandlerContext, isComplete: Bool) {
        guard context.channel.isActive else { return }
        if isComplete || inputIsClosed {
            context.close(promise: nil)
        } else {
            clock.note(.lingering, now: .now())
            arm(context)
            context.close(mode: .output, promise: nil)
            context.read()
        }
    }

    private func noteTime(_ context: ChannelHandlerContext) {
        guard clock.phase != .lingering else {
            if inputIsClosed { context.close(promise: nil) }
            return
        }
        let phase: ConnectionClock.Phase =
            if isBusy(context) || isEnding {
                .sending
            } else if arriving != nil {
                .receivingBody
            } else {
                watch.hasPartOfHead ? .receivingHead : .idle
            }
        clock.note(phase, now: .now())
        if clock.deadline < timerDeadline { arm(context) }
    }

    private func arm(_ context: ChannelHandlerContext) {
        timer?.cancel()
        timerDeadline = clock.deadline
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: timerDeadline) { [self] in timeIsUp(context) }
    }

    private func timeIsUp(_ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        switch clock.verdict(now: .now(), sent: output.progress(context)) {
        case .wait: arm(context)
        case .close: context.close(promise: nil)
        case .refuse:
            refuse(.requestTimeout)
            pump(context)
            arm(context)
        }
    }
}
