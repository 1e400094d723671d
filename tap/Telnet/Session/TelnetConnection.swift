import Logging
import NIOCore
import TapNetwork
import Taproom

/// One connection: carries out what its session decides.
///
/// Everything happens on its event loop but passwords, which are checked in threads of their own, and verbs.
final class TelnetConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How long a verb that is under way when the service ends has to come to its end.
    private static let grace = TimeAmount.seconds(3)

    private let place: TelnetPlace
    private var wire = TelnetWire()
    private var session: TelnetSession
    private var context: ChannelHandlerContext?
    private var source = LoginThrottle.Source.socket
    private var client = "unix socket"
    private var person: TelnetAccess.Person?
    private var isCounted = false
    private var timer: Scheduled<Void>?
    private var verb: Task<Void, Never>?

    init(_ place: TelnetPlace) {
        self.place = place
        session = TelnetSession(verbs: place.verbs, tries: place.access.settings.limits.tries)
    }

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        source = LoginThrottle.Source(context.channel.remoteAddress)
        client = context.channel.remoteAddress?.ipAddress ?? "unix socket"
        isCounted = place.access.enter()
        guard isCounted else {
            place.logger.warning("too many are logging in", metadata: ["source": "\(client)"])
            send(TelnetWire.bytes(of: "Too many are logging in. Try again later.\n"))
            return context.close(promise: nil)
        }
        send(wire.begin())
        carryOut(session.begin())
        startTimer(place.access.settings.limits.login, .loginTimeout)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        verb?.cancel()
        if isCounted { place.access.leave() }
        if let person {
            place.figures.noteEnd()
            place.logger.notice("logged out", metadata: ["user": "\(person.name)", "source": "\(client)"])
        }
        (isCounted, person, self.context) = (false, nil, nil)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard self.context != nil else { return }
        if session.isLoggedIn, session.isWaiting { startIdleTimer() }
        for byte in unwrapInboundIn(data).readableBytesView {
            let events = wire.read(byte)
            session.isEchoOurs = wire.isEchoOurs
            for event in events { take(event) }
        }
    }

    private func take(_ event: TelnetWire.Event) {
        switch event {
        case .key(let key): carryOut(session.press(key))
        case .answer(let bytes): send(bytes)
        case .width(let columns): session.setColumns(columns)
        case .abuse:
            place.logger.warning("options without an end", metadata: ["source": "\(client)"])
            context?.close(promise: nil)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        // Who does not read what is shown of what it types is not listened to.
        try? context.channel.syncOptions?.setOption(.autoRead, value: context.channel.isWritable)
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent:
            carryOut(session.end(.serviceEnds))
            startTimer(milliseconds: TelnetConnection.grace.nanoseconds / 1_000_000) { $0.session.endNow(.serviceEnds) }
        case ChannelEvent.inputClosed: carryOut(session.endInput())
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    private func send(_ bytes: [UInt8]) {
        guard let context, !bytes.isEmpty else { return }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }

    private func carryOut(_ actions: [TelnetSession.Action]) {
        for action in actions {
            switch action {
            case .show(let text): send(TelnetWire.bytes(of: text, isOurs: true))
            case .check(let name, let password): check(name, password)
            case .perform(let words): perform(words)
            case .interrupt: verb?.cancel()
            case .complete(let words): complete(words)
            case .close: context?.close(promise: nil)
            }
        }
    }
}

extension TelnetConnection {
    /// Runs something on the event loop, if the connection is still there.
    private var onLoop: @Sendable (@escaping @Sendable (TelnetConnection) -> Void) -> Void {
        guard let loop = context?.eventLoop else { return { _ in } }
        let bound = NIOLoopBound(self, eventLoop: loop)
        return { work in loop.execute { if bound.value.context != nil { work(bound.value) } } }
    }

    private func startTimer(_ limit: TimeSpan, _ ending: TelnetSession.Ending) {
        startTimer(milliseconds: limit.milliseconds) { $0.session.end(ending) }
    }

    private func startTimer(milliseconds: Int64, _ end: @escaping (TelnetConnection) -> [TelnetSession.Action]) {
        timer?.cancel()
        timer = context?.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(milliseconds)) { [weak self] in
            guard let self else { return }
            carryOut(end(self))
        }
    }

    private func startIdleTimer() {
        // The time that the end of the service leaves counts on.
        if !session.isEnding { startTimer(place.access.settings.limits.idle, .idleTimeout) }
    }

    /// Has a password checked, when those before it from the same address have been.
    private func check(_ name: String, _ password: String) {
        let (access, source, onLoop) = (place.access, source, onLoop)
        context?.eventLoop.scheduleTask(in: access.delay(source)) {
            access.check(name, password, from: source) { person in onLoop { $0.checked(name, person) } }
        }
    }

    private func checked(_ name: String, _ person: TelnetAccess.Person?) {
        guard let person else {
            // What is no name may be a password that was typed too early.
            let isUser = place.access.settings.users[name] != nil
            place.logger.warning(
                "login refused", metadata: ["user": "\(isUser ? name : "(unknown)")", "source": "\(client)"])
            place.figures.noteRefused()
            return carryOut(session.checked(.refused))
        }
        place.logger.notice("logged in", metadata: ["user": "\(person.name)", "source": "\(client)"])
        place.figures.noteAdmitted()
        place.access.leave()
        (isCounted, self.person) = (false, person)
        let (shell, onLoop) = (place.shell, onLoop)
        Task {
            let name = await shell.applicationName
            onLoop { $0.greet(person, name) }
        }
    }

    private func greet(_ person: TelnetAccess.Person, _ application: String) {
        let rights = person.user.role == .read ? " You may look, and change nothing." : ""
        carryOut(
            session.checked(
                .admitted(
                    greeting: "\(application): logged in as \(person.name).\(rights) help lists the verbs, quit ends.",
                    prompt: "\(application)> ")))
        if session.isLoggedIn { startIdleTimer() }
    }

    private func perform(_ words: [String]) {
        guard let person, let context, place.access.isAdmitted(person) else {
            return carryOut(session.performed(isAdmitted: false))
        }
        timer?.cancel()
        place.figures.noteVerb()
        let (shell, logger, onLoop, channel) = (place.shell, place.logger, onLoop, context.channel)
        let asking = ShellPerson(name: person.name, origin: Telnet.word, mayChange: person.user.role == .write)
        verb = Task {
            let status = await shell.perform(words, for: asking) { text in
                // In a thread of the shell, which waits until the client has taken it.
                let bytes = ByteBuffer(bytes: TelnetWire.bytes(of: text))
                return (try? channel.writeAndFlush(bytes).wait()) != nil
            }
            // Words behind the verb may be secrets.
            let word = shell.verbs.contains { $0.word == words.first } ? words.first ?? "" : "(unknown)"
            logger.info(
                "verb", metadata: ["user": "\(asking.name)", "verb": "\(word)", "status": "\(status.rawValue)"])
            onLoop { $0.performed() }
        }
    }

    private func performed() {
        verb = nil
        startIdleTimer()
        carryOut(session.performed(isAdmitted: person.map(place.access.isAdmitted) ?? false))
    }

    private func complete(_ words: [String]) {
        let (shell, onLoop) = (place.shell, onLoop)
        Task {
            let candidates = await shell.completions(of: words)
            onLoop { $0.carryOut($0.session.completed(candidates, isFollowed: words.count == 1)) }
        }
    }
}
