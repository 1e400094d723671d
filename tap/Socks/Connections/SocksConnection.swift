import Logging
import NIOCore
import TapSecrets
import Taproom

/// The connection of a client until it is joined with another: reads what the client wants, and has it done.
///
/// It is read piece by piece, and not at all while a password is checked or a connection is made, so that a client can't
/// have the server keep much. Everything happens on the event loop.
final class SocksConnection: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        /// The client is saying what it wants.
        case negotiating
        /// It is being done, or a password is being checked.
        case working
        /// The last reply is sent; what comes still is thrown away, or the system would take the reply back.
        case ending
        case over
    }

    /// How long the last reply may take to arrive.
    private static let lingering = TimeAmount.seconds(2)
    /// How much is kept of what a client sends before it may.
    private static let mostKept = 64 << 10

    let proxy: SocksProxy
    private var state = State.negotiating
    private var negotiation: Negotiation
    private var context: ChannelHandlerContext?
    private var timer: Scheduled<Void>?
    private var user: String?
    private var work: SocksWork?
    /// What is to be done first.
    private var begun: [Negotiation.Action]

    /// A client that has said something on another thread already.
    struct Begun: Sendable {
        let negotiation: Negotiation
        let user: String?
        /// What is to be done next.
        let actions: [Negotiation.Action]
    }

    /// Goes on with a client.
    init(_ proxy: SocksProxy, _ begun: Begun) {
        (self.proxy, negotiation, user, self.begun) = (proxy, begun.negotiation, begun.user, begun.actions)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let limit = proxy.policy.settings.limits.handshake
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(limit.milliseconds)) { [self] in
            proxy.records.logger.debug("a client did not say in time what it wants", metadata: metadata)
            close()
        }
        if context.channel.isActive { start(context) }
    }

    private func start(_ context: ChannelHandlerContext) {
        let actions = begun
        begun = []
        perform(actions)
        if state == .negotiating { context.read() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        start(context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state {
        case .negotiating: perform(negotiation.receive(unwrapInboundIn(data)))
        // What a client sends before it may is kept for the one it will be joined with.
        case .working: negotiation.keep(unwrapInboundIn(data))
        case .ending, .over: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        switch state {
        case .negotiating, .ending: context.read()
        case .working: readWhileWorking()
        case .over: break
        }
    }

    /// A client that waits is read so that its end is noticed, as long as it does not send too much.
    private func readWhileWorking() {
        guard let work, work.mayTakeLong, negotiation.rest.readableBytes < SocksConnection.mostKept else { return }
        if work.takesNothing { _ = negotiation.takeRest() }
        context?.read()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed: close()
        case is ChannelShouldQuiesceEvent: close()
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        proxy.records.logger.debug("a connection failed", metadata: ["error": "\(error)"])
        close()
    }

    func channelInactive(context: ChannelHandlerContext) {
        state = .over
        work?.clientIsGone()
        work = nil
        timer?.cancel()
        context.fireChannelInactive()
    }

    // MARK: What the protocol asks for

    private func perform(_ actions: [Negotiation.Action]) {
        for action in actions {
            switch action {
            case .send(let bytes): context?.write(wrapOutboundOut(bytes), promise: nil)
            case .check(let user, let password): check(user, password)
            case .perform(let request): begin(request)
            case .end(let problem): end(problem)
            }
        }
        context?.flush()
    }

    private func check(_ name: String, _ password: String) {
        guard let context, let users = proxy.policy.users else {
            // Passwords were asked for when the client came, and are not any more.
            perform(negotiation.passwordChecked(false))
            return
        }
        let digest = users.digest(of: name, password)
        if let known = users.user(digest) {
            user = known
            proxy.records.countLogin(isRight: true)
            perform(negotiation.passwordChecked(true))
            return
        }
        state = .working
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        users.check(name, password, digest) { verdict in
            bound.eventLoop.execute { bound.value.checked(verdict, name) }
        }
    }

    private func checked(_ verdict: KnownUsers.Verdict, _ name: String) {
        guard state == .working, let context else { return }
        state = .negotiating
        switch verdict {
        case .known(let known):
            user = known
            proxy.records.countLogin(isRight: true)
            perform(negotiation.passwordChecked(true))
        case .refused: perform(negotiation.passwordChecked(false))
        case .busy: perform(negotiation.passwordChecked(false, because: .busy))
        }
        if state == .negotiating { context.read() }
    }

    private func end(_ problem: NegotiationProblem) {
        proxy.records.note(problem, metadata)
        linger()
    }

    private func begin(_ request: SocksRequest) {
        guard let context else { return }
        timer?.cancel()
        timer = nil
        state = .working
        let work = SocksWork(request, user, proxy, context.channel) { [self] step in take(step) }
        self.work = work
        work.start()
        if work.mayTakeLong { context.read() }
    }

    private func take(_ step: SocksWork.Step) {
        guard let context, state == .working else { return }
        switch step {
        case .reply(let bytes): context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
        case .join(let join): handOver(context, join)
        case .end: linger()
        case .close: close()
        }
    }

    /// Leaves the connection to a relay, which gets first what was read already.
    private func handOver(_ context: ChannelHandlerContext, _ join: (any Channel, () -> Void) throws -> Void) {
        state = .over
        work = nil
        let rest = negotiation.takeRest()
        do {
            try join(context.channel) {
                if rest.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(rest)) }
                context.pipeline.syncOperations.removeHandler(self, promise: nil)
            }
        } catch {
            context.close(promise: nil)
        }
    }

    // MARK: The end

    /// Closes when the last reply is on its way.
    private func linger() {
        guard let context, state != .ending, state != .over else { return }
        state = .ending
        work = nil
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: SocksConnection.lingering) { [self] in close() }
        context.flush()
        context.close(mode: .output, promise: nil)
        context.read()
    }

    private func close() {
        timer?.cancel()
        context?.close(promise: nil)
    }

    private var metadata: Logger.Metadata {
        var metadata: Logger.Metadata = ["client": "\(context?.remoteAddress?.ipAddress ?? "unix")"]
        if let user { metadata["user"] = "\(user)" }
        return metadata
    }
}

extension KnownUsers {
    /// The digest of a name and a password.
    func digest(of name: String, _ password: String) -> KeyedDigest.Value {
        let bytes = Array(name.utf8) + [0] + Array(password.utf8)
        return bytes.withUnsafeBytes { digest(of: $0) }
    }
}
