import Logging
import NIOCore
import NIOHTTP1

/// One connection of HTTP/1: takes requests in their order, has them answered, and sends the answers.
///
/// While an answer is on its way nothing is taken, and not more than one piece is read, so that a client that asks for more
/// than it takes waits for itself.
/// Everything here happens on the connection's event loop.
final class HTTP1Connection: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = IOData

    /// Longer bodies of requests are not even discarded.
    static let maximumDiscardedBytes: Int64 = 1 << 20

    /// How long a request may be under way that was sent before its client could know of the end.
    private static let grace = TimeAmount.seconds(1)

    /// What is done with the request that has come last.
    private enum Current {
        /// There is none.
        case none
        /// It is found out whether it is to be answered.
        case waiting
        /// Its answer is known, and is sent when all of it has come; its body is discarded.
        case discarding(Request, Response, bytes: Int64)
        /// It was answered before all of it has come; the rest is discarded.
        case draining(bytes: Int64)
        /// A handler answers it.
        case handled(HTTP1Exchange)
    }

    let responder: Responder
    let output: ResponseWriter
    private var parser: RequestParser
    private var clock: ConnectionClock
    private var timer: Scheduled<Void>?
    private var timerDeadline = NIODeadline.distantFuture

    private var current = Current.none
    private var isPumping = false
    private var readIsHeld = false
    private var inputIsClosed = false
    // What the channel would tell as well, for much more: it is asked several times for each request.
    private var isActive = false
    private var isWritable = true
    private(set) var isQuiescing = false
    /// Whether no request has come yet.
    private var isFresh = true
    /// Until when a client that has connected but not asked yet may ask, after the end has begun.
    private var graceEnd = NIODeadline.distantPast
    /// Whether no more requests are answered.
    private var isEnding = false

    init(_ responder: Responder, _ client: Client) {
        self.responder = responder
        output = ResponseWriter(responder, client)
        let limits = responder.site.settings.limits
        parser = RequestParser(client: client, limit: limits.header)
        clock = ConnectionClock(limits, now: .now())
    }

    // MARK: What arrives

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    func handlerAdded(context: ChannelHandlerContext) {
        // Behind TLS the connection is active before this is there.
        if context.channel.isActive { begin(context) }
    }

    private func begin(_ context: ChannelHandlerContext) {
        isActive = true
        isWritable = context.channel.isWritable
        output.begin(context) { [weak self] in self?.pump(context) }
        arm(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isEnding else { return }
        let bytes = unwrapInboundIn(data)
        if case .handled(let exchange) = current, exchange.isTunnel {
            exchange.handler.receive(bytes)
        } else {
            parser.add(bytes)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        pump(context)
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        responder.site.logger.debug("connection failed", metadata: ["error": "\(error)"])
        context.close(promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        // First, for it comes on most connections.
        case ChannelEvent.inputClosed:
            inputIsClosed = true
            pump(context)
        case is ChannelShouldQuiesceEvent:
            isQuiescing = true
            graceEnd = .now() + Self.grace
            context.eventLoop.assumeIsolated().scheduleTask(deadline: graceEnd) { [self] in pump(context) }
            pump(context)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        if case .handled(let exchange) = current { exchange.handler.writabilityChanged() }
        pump(context)
        context.fireChannelWritabilityChanged()
    }

    func read(context: ChannelHandlerContext) {
        if canGoOn || isEnding || readsAhead { context.read() } else { readIsHeld = true }
    }

    /// Whether something may be read that can't be taken yet.
    ///
    /// Most clients send nothing before they have the answer: to stop reading and begin again would cost two calls of the system
    /// for each request of a handler. Once something has come it waits, and no more is read.
    private var readsAhead: Bool {
        if case .handled(let exchange) = current, exchange.isTunnel { return false }
        return !parser.hasRest
    }

    func channelInactive(context: ChannelHandlerContext) {
        isActive = false
        isEnding = true
        timer?.cancel()
        timer = nil
        output.abandon()
        if case .handled(let exchange) = current { exchange.cancel() }
        current = .none
        context.fireChannelInactive()
    }

    // MARK: What is done about it

    /// Whether the next event of the parser can be taken.
    private var canGoOn: Bool {
        switch current {
        case .handled(let exchange): return exchange.takesRequest
        case .waiting: return false
        default: return !output.isSending && isWritable
        }
    }

    /// Answers what has come, as long as the client takes the answers.
    ///
    /// Anything that changes calls this.
    func pump(_ context: ChannelHandlerContext) {
        guard !isPumping, isActive else { return }
        isPumping = true
        var goesOn = true
        while goesOn {
            goesOn = false
            while !isEnding, canGoOn, let event = parser.next() {
                take(event, context)
                goesOn = true
            }
            output.flush()
        }
        isPumping = false
        if !isEnding, canGoOn {
            if inputIsClosed || isQuiescing && !isAsking {
                endWithoutMore(context)
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
        if case .none = current { return (isFresh || parser.hasPartOfHead) && NIODeadline.now() < graceEnd }
        return true
    }

    private func take(_ event: RequestParser.Event, _ context: ChannelHandlerContext) {
        if case .body(let bytes) = event { clock.receiveBody(bytes.readableBytes) }
        switch (event, current) {
        case (.head(let request), _): begin(request, context)
        case (.body(let bytes), .discarding(let request, let response, let count)):
            current = .discarding(request, response, bytes: count + Int64(bytes.readableBytes))
            if count + Int64(bytes.readableBytes) > Self.maximumDiscardedBytes { refuse(.payloadTooLarge, context) }
        case (.body(let bytes), .draining(let count)):
            current = .draining(bytes: count + Int64(bytes.readableBytes))
            if count + Int64(bytes.readableBytes) > Self.maximumDiscardedBytes { context.close(promise: nil) }
        case (.body(let bytes), .handled(let exchange)): exchange.receive(bytes)
        case (.end, .discarding(let request, let response, _)):
            current = .none
            send(response, to: request, isComplete: true, context)
        case (.end, .draining): current = .none
        case (.end, .handled(let exchange)): exchange.receiveEnd()
        case (.body, .none), (.end, .none), (.body, .waiting), (.end, .waiting): break
        case (.refusal(let status), .handled(let exchange)): exchange.refuse(status)
        case (.refusal(let status), _): refuse(status, context)
        }
    }

    private func begin(_ request: Request, _ context: ChannelHandlerContext) {
        isFresh = false
        if request.hasBody { clock.beginBody() }
        begin(request, output.record.answer(to: request), context)
    }

    private func begin(_ request: Request, _ answer: Answer, _ context: ChannelHandlerContext) {
        let length = request.fields.contentLength ?? 0
        switch answer {
        case .later(let later):
            current = .waiting
            later.whenReady { [self] answer in
                guard case .waiting = current else { return }
                current = .none
                output.record.goOn(with: request)
                begin(request, answer, context)
                pump(context)
            }
        case .response(let response) where length > Self.maximumDiscardedBytes && response.asksToComeAgain:
            send(response, to: request, isComplete: false, context)
        case .response where length > Self.maximumDiscardedBytes: refuse(.payloadTooLarge, context)
        case .response(let response) where request.hasBody && request.fields.expectsContinue:
            // The client waits with its body, which nobody wants: it gets its answer instead of the word to go on.
            send(response, to: request, isComplete: false, context)
        case .response(let response): current = .discarding(request, response, bytes: 0)
        case .handler(_, let terms) where length > terms.bodyLimit: refuse(.payloadTooLarge, context)
        case .handler(let handler, let terms):
            let exchange = HTTP1Exchange(request, handler, terms, self, context)
            current = .handled(exchange)
            exchange.begin()
        }
    }

    private func send(_ response: Response, to request: Request, isComplete: Bool, _ context: ChannelHandlerContext) {
        log(request, response.status)
        let keepsAlive = request.keepsAlive && !isQuiescing && isComplete
        send(response, keepsAlive: keepsAlive, request.version, isComplete: isComplete, context)
    }

    private func refuse(_ status: HTTPResponseStatus, _ context: ChannelHandlerContext) {
        current = .none
        send(.failure(status), keepsAlive: false, .http1_1, isComplete: false, context)
    }

    private func send(
        _ response: Response, keepsAlive: Bool, _ version: HTTPVersion, isComplete: Bool,
        _ context: ChannelHandlerContext
    ) {
        let connection = Self.connectionField(keepsAlive, version)
        if keepsAlive {
            output.send(response, connection: connection)
        } else {
            isEnding = true
            output.send(response, connection: connection) { [self] in end(context, isComplete: isComplete) }
        }
    }

    /// The field that says how the connection goes on, where that needs saying.
    static func connectionField(_ keepsAlive: Bool, _ version: HTTPVersion) -> StaticString {
        if !keepsAlive { return "Connection: close\r\n" }
        return version.minor < 1 ? "Connection: keep-alive\r\n" : ""
    }

    private func log(_ request: Request, _ status: HTTPResponseStatus) {
        guard responder.site.logsRequests else { return }
        responder.site.logger.debug(
            "request",
            metadata: [
                "method": "\(request.method)", "target": "\(request.target)", "status": "\(status.code)",
            ])
    }

    // MARK: Handlers

    /// The answer of a handler is complete; what is left of the request is discarded when the connection goes on.
    func finished(_ exchange: HTTP1Exchange, keepsAlive: Bool, _ context: ChannelHandlerContext) {
        guard case .handled(let present) = current, present === exchange else { return }
        current = exchange.isRequestComplete ? .none : .draining(bytes: 0)
        log(exchange.request, exchange.status)
        output.record.end()
        if !keepsAlive {
            isEnding = true
            output.whenSent { [self] in end(context, isComplete: exchange.isRequestComplete) }
        }
        if !isPumping {
            output.flush()
            pump(context)
        }
    }

    /// Gives what was not read as HTTP to a tunnel.
    func takeRest() -> ByteBuffer { parser.takeRest() }

    // MARK: The end

    /// Nothing more comes, or may come.
    private func endWithoutMore(_ context: ChannelHandlerContext) {
        if case .handled(let exchange) = current {
            if exchange.isTunnel {
                exchange.receiveEnd()
            } else if inputIsClosed {
                // The client has left in the middle of its request.
                context.close(promise: nil)
            }
            return
        }
        closeWhenSent(context)
    }

    /// Closes behind everything that was written, for the operating system may not have taken all of it.
    private func closeWhenSent(_ context: ChannelHandlerContext) {
        isEnding = true
        output.whenSent { context.close(promise: nil) }
        output.flush()
        if isActive { noteTime(context) }
    }

    /// The last answer is with the operating system.
    ///
    /// When the client may still be sending, closing at once could destroy the answer on its way: then only the sending
    /// side is closed, and the client has a moment to see it.
    private func end(_ context: ChannelHandlerContext, isComplete: Bool) {
        guard isActive else { return }
        if isComplete || inputIsClosed {
            context.close(promise: nil)
        } else {
            clock.note(.lingering, now: .now())
            arm(context)
            context.close(mode: .output, promise: nil)
            context.read()
        }
    }

    // MARK: Time

    private func noteTime(_ context: ChannelHandlerContext) {
        guard clock.phase != .lingering else {
            if inputIsClosed { context.close(promise: nil) }
            return
        }
        clock.note(phase, now: .now())
        if clock.deadline < timerDeadline { arm(context) }
    }

    private var phase: ConnectionClock.Phase {
        if output.isSending || !isWritable || isEnding { return .sending }
        switch current {
        case .none: return parser.hasPartOfHead ? .receivingHead : .idle
        case .waiting: return .answering
        case .discarding, .draining: return .receivingBody
        case .handled(let exchange): return exchange.takesRequest && !exchange.isTunnel ? .receivingBody : .answering
        }
    }

    private func arm(_ context: ChannelHandlerContext) {
        timer?.cancel()
        timerDeadline = clock.deadline
        guard timerDeadline != .distantFuture else { return }
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: timerDeadline) { [self] in timeIsUp(context) }
    }

    private func timeIsUp(_ context: ChannelHandlerContext) {
        guard isActive else { return }
        switch clock.verdict(now: .now(), sent: output.progress) {
        case .wait: arm(context)
        case .close: context.close(promise: nil)
        case .refuse:
            switch current {
            case .handled(let exchange): exchange.refuse(.requestTimeout)
            case .draining: context.close(promise: nil)
            default: refuse(.requestTimeout, context)
            }
            guard context.channel.isActive else { return }
            pump(context)
            arm(context)
        }
    }
}
