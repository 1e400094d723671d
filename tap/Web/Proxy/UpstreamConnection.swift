import NIOCore
import NIOHTTP1
import NIOTLS

/// What an upstream has done, for whoever uses the connection to it.
enum UpstreamEvent {
    /// A head of the class 1xx; the answer is still to come.
    case interim(ResponseHead)
    /// It speaks another protocol from here on: everything that comes is `body`, and can be sent at any time.
    case upgrade(ResponseHead)
    case head(ResponseHead)
    case body(ByteBuffer)
    /// Nothing more has come for now.
    case pause
    /// The answer, or the tunnel, is complete. The connection is not the user's any more.
    case end
    /// It takes more of the request again.
    case writable
    /// There won't be an answer, or no more of it. The connection is not the user's any more.
    case failure(UpstreamFailure)
}

/// Who uses a connection to an upstream, for one request.
protocol UpstreamUser: AnyObject {
    func take(_ event: UpstreamEvent)
    /// Whether more of the answer can be taken; otherwise ``UpstreamConnection/resume()`` is called when it can.
    var takesMore: Bool { get }
}

/// One connection to an upstream, which serves one request after the other.
///
/// Used on its event loop only.
final class UpstreamConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        case connecting
        case idle
        /// It serves a request; whether all of that was sent, and whether the head of the answer has come.
        case used(isSent: Bool, isAnswering: Bool)
        case tunnel
        case closed
    }

    /// The upstream's number in the settings.
    let upstream: Int
    private let isSecure: Bool
    private weak var pool: UpstreamPool?
    private var context: ChannelHandlerContext?
    private let output: ConnectionOutput
    private var state = State.connecting
    private var reader = ResponseReader()
    private var clock: UpstreamClock
    private var timer: Scheduled<Void>?
    private var timerDeadline = NIODeadline.distantFuture
    private var user: (any UpstreamUser)?
    private var whenReady: ((Result<UpstreamConnection, UpstreamFailure>) -> Void)?
    private var problem: String?
    private var isReadHeld = false

    /// `isPlain` says that what is sent goes to the upstream as it is, and that nothing was sent before.
    init(to upstream: Int, isSecure: Bool, isPlain: Bool, _ settings: ProxySettings, _ spare: SpareBuffer) {
        (self.upstream, self.isSecure) = (upstream, isSecure)
        output = ConnectionOutput(isSecure: !isPlain, spare)
        clock = UpstreamClock(settings, now: .now())
    }

    /// Whether the upstream takes what is sent; otherwise it waits in memory.
    var isWritable: Bool { context?.channel.isWritable ?? false }

    // MARK: Use

    /// Answers with the connection as soon as requests can be sent, or with why that won't be.
    func whenReady(for pool: UpstreamPool, _ body: @escaping (Result<UpstreamConnection, UpstreamFailure>) -> Void) {
        self.pool = pool
        switch state {
        case .connecting:
            whenReady = body
            arm()
        case .idle: body(.success(self))
        case .closed, .used, .tunnel: body(.failure(.connect(problem ?? "it was closed at once")))
        }
    }

    /// Writes a head, which ``flush()`` sends; `isWhole` says that no body follows.
    func begin(
        _ head: ByteBuffer, isHead: Bool, mayUpgrade: Bool, isWhole: Bool, for user: any UpstreamUser
    ) {
        self.user = user
        state = .used(isSent: isWhole, isAnswering: false)
        reader.expect(isHead: isHead, mayUpgrade: mayUpgrade)
        output.write(head)
    }

    /// Writes a piece of the body with what frames it, or bytes into a tunnel; ``flush()`` sends them.
    func write(_ bytes: ByteBuffer) { output.write(bytes) }

    /// Sends what was written.
    func flush() {
        output.flush()
        noteTime()
    }

    /// The request is complete.
    func endRequest() {
        if case .used(_, let isAnswering) = state { state = .used(isSent: true, isAnswering: isAnswering) }
        noteTime()
    }

    /// Ends our side of a tunnel.
    func endTunnel() {
        guard case .tunnel = state else { return }
        context?.close(mode: .output, promise: nil)
    }

    /// Reads on, after the user could take no more.
    func resume() {
        guard isReadHeld else { return }
        isReadHeld = false
        context?.read()
        noteTime()
    }

    /// Closes it; the user hears nothing more.
    func close() {
        if case .idle = state { pool?.remove(self) }
        user = nil
        state = .closed
        timer?.cancel()
        timer = nil
        context?.close(promise: nil)
    }

    // MARK: What arrives

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        output.begin(context)
        context.read()
        context.fireChannelActive()
        if !isSecure { becomeReady() }
    }

    /// Requests can be sent: whatever comes before them, such as the header of the PROXY protocol, was written.
    private func becomeReady() {
        guard case .connecting = state else { return }
        state = .idle
        let body = whenReady
        whenReady = nil
        body?(.success(self))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        switch state {
        case .closed: return
        case .connecting, .idle: close()
        case .tunnel: user?.take(.body(bytes))
        case .used:
            reader.add(bytes)
            takeEvents()
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        user?.take(.pause)
        if case .closed = state { return }
        if let user, !user.takesMore {
            isReadHeld = true
        } else {
            context.read()
        }
        noteTime()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        noteTime()
        if context.channel.isWritable { user?.take(.writable) }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case TLSUserEvent.handshakeCompleted: becomeReady()
        case ChannelEvent.inputClosed: inputEnded()
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if problem == nil { problem = "\(error)" }
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        output.abandon()
        inputEnded()
        context.fireChannelInactive()
    }

    /// Nothing more comes: after an error that is no end, for somebody may have cut the answer.
    private func inputEnded() {
        switch state {
        case .closed: return
        case .connecting:
            fail(.connect(problem ?? "it closed the connection"))
        case .idle: close()
        case .tunnel: end(keepsAlive: false)
        case .used:
            if problem != nil { fail(.closed(hadBegun: reader.hasBegun)) } else { take(reader.inputEnded()) }
        }
    }

    // MARK: What it means

    private func takeEvents() {
        while case .used = state, let event = reader.next() { take(event) }
    }

    private func take(_ event: ResponseReader.Event) {
        switch event {
        case .interim(let head): user?.take(.interim(head))
        case .head(let head):
            if case .used(let isSent, _) = state { state = .used(isSent: isSent, isAnswering: true) }
            user?.take(.head(head))
        case .body(let bytes): user?.take(.body(bytes))
        case .end(let keepsAlive): end(keepsAlive: keepsAlive)
        case .failure(let failure): fail(failure)
        case .upgrade(let head):
            state = .tunnel
            user?.take(.upgrade(head))
            let rest = reader.takeRest()
            if case .tunnel = state, rest.readableBytes > 0 { user?.take(.body(rest)) }
        }
    }

    /// Gives the connection back before the user hears of the end: the next request may follow at once.
    private func end(keepsAlive: Bool) {
        let user = user
        self.user = nil
        if keepsAlive, case .used(isSent: true, _) = state, !reader.hasRest, problem == nil, let pool {
            state = .idle
            pool.give(self)
        } else {
            close()
        }
        user?.take(.end)
    }

    private func fail(_ failure: UpstreamFailure) {
        let (user, body) = (user, whenReady)
        whenReady = nil
        close()
        body?(.failure(failure))
        user?.take(.failure(failure))
    }

    // MARK: Time

    private func noteTime() {
        clock.note(phase, now: .now())
        if clock.deadline < timerDeadline || timer == nil { arm() }
    }

    private var phase: UpstreamClock.Phase {
        switch state {
        case .connecting: .connecting
        case .idle: .idle
        case .closed: .held
        case .tunnel: .tunnel
        case .used(_, isAnswering: true): isReadHeld ? .held : .receiving
        case .used(isSent: true, _): .answering
        case .used(isSent: false, _): isWritable ? .held : .sending
        }
    }

    private func arm() {
        timer?.cancel()
        timer = nil
        timerDeadline = clock.deadline
        guard timerDeadline != .distantFuture, let context else { return }
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: timerDeadline) { [weak self] in
            self?.timeIsUp()
        }
    }

    /// When the timer fires, the time may have been prolonged.
    private func timeIsUp() {
        timer = nil
        guard NIODeadline.now() >= clock.deadline else {
            arm()
            return
        }
        switch state {
        case .closed: return
        case .idle: close()
        case .connecting, .used, .tunnel: fail(clock.failure)
        }
    }
}
