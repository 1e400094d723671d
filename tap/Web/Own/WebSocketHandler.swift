import Logging
import NIOCore
import NIOHTTP1
import ServiceLifecycle

/// Makes a web socket of a request, and has a conversation of a program talk on it.
final class WebSocketHandler: RequestHandler {
    private enum State {
        /// The request is not complete.
        case waiting
        case open
        /// We have said that it ends; the client has not.
        case closing
        case over
    }

    /// How much waits for the conversation before the client is read no further.
    private static let maximumWaitingBytes = 256 << 10
    /// After so long without a word from the client it is asked for one, and after as long again it is gone.
    private static let silence = TimeAmount.seconds(30)
    /// How long the client may take to say that it ends, too.
    private static let farewell = TimeAmount.seconds(5)
    /// How long a conversation may go on behind the end before it is cancelled.
    private static let grace = TimeAmount.seconds(2)

    private let request: Request
    private let path: RequestPath
    private let parameters: [String: String]
    private let route: Route
    private let conversation: WebRouter.Conversation
    private let routes: OwnRoutes
    private var reader: WebSocketReader
    private var state = State.waiting
    private var loop: (any EventLoop)?
    private var stream: (any ResponseStream)?
    private var socket: (inbox: Inbox<WebSocket.Message>, outlet: Outlet)?
    private var task: HandlerTask?
    private var timer: Scheduled<Void>?
    private var hasHeard = true
    private var isHeld = false

    init(
        _ request: Request, _ path: RequestPath, _ parameters: [String: String], _ route: Route,
        _ conversation: @escaping WebRouter.Conversation, messageLimit: Int, _ routes: OwnRoutes
    ) {
        (self.request, self.path, self.parameters) = (request, path, parameters)
        (self.route, self.conversation, self.routes) = (route, conversation, routes)
        reader = WebSocketReader(limit: messageLimit)
    }

    // MARK: The beginning

    func begin(_ stream: any ResponseStream) { (self.stream, loop) = (stream, stream.eventLoop) }

    private func open(_ stream: any ResponseStream) {
        let (loop, bound) = (stream.eventLoop, NIOLoopBound(self, eventLoop: stream.eventLoop))
        let inbox = Inbox<WebSocket.Message>(limit: Self.maximumWaitingBytes) {
            loop.execute { bound.value.resume() }
        }
        let outlet = Outlet(stream)
        let noBody = Inbox<[UInt8]>(limit: 0) {}
        noBody.finish()
        let socket = WebSocket(WebRequest(request, path, parameters, noBody), inbox, outlet, bound)
        (state, self.socket) = (.open, (inbox, outlet))
        // What it sends comes after what is done here.
        task = routes.tasks.start { [conversation, routes, route] in
            await withGracefulShutdownHandler {
                do {
                    try await conversation(socket)
                    socket.close()
                } catch is CancellationError {
                    socket.close()
                } catch {
                    _ = routes.note(error, route)
                    socket.close(WebSocketClose.failed.rawValue)
                }
            } onGracefulShutdown: {
                socket.close(WebSocketClose.goingAway.rawValue)
            }
        }
        guard task != nil, let head = WebSocketHandshake.head(for: request), stream.upgrade(head) else {
            self.stream = nil
            end()
            stream.fail(.serviceUnavailable)
            return
        }
        if self.stream != nil { watch(stream) }
    }

    /// Asks for a word from time to time: a client that was switched off says none.
    private func watch(_ stream: any ResponseStream) {
        timer = stream.eventLoop.assumeIsolated().scheduleTask(in: Self.silence) { [self] in
            guard let stream = self.stream, case .open = state else { return }
            guard hasHeard || isHeld else {
                end()
                stream.fail(.requestTimeout)
                return
            }
            hasHeard = false
            stream.send(WebSocketFrame.bytes(WebSocketFrame.ping, []))
            stream.flush()
            watch(stream)
        }
    }

    // MARK: From the client

    func receive(_ bytes: ByteBuffer) {
        hasHeard = true
        reader.add(bytes)
        readOn()
    }

    private func resume() {
        isHeld = false
        readOn()
        if !isHeld { stream?.setReading(true) }
    }

    private func readOn() {
        while !isHeld, stream != nil, let event = reader.next() { take(event) }
    }

    private func take(_ event: WebSocketReader.Event) {
        switch event {
        case .text(let text): deliver(.text(text), bytes: text.utf8.count)
        case .binary(let bytes): deliver(.binary(bytes), bytes: bytes.count)
        case .ping(let payload):
            send(WebSocketFrame.bytes(WebSocketFrame.pong, payload))
            // Who only asks and takes no answers is not listened to either.
            if stream?.isWritable == false { hold() }
        case .pong: break
        case .close(let code, _):
            if case .open = state { send(WebSocketFrame.close(code)) }
            leave()
        case .failure(let reason):
            if case .open = state { send(WebSocketFrame.close(reason.rawValue)) }
            leave()
        }
    }

    private func deliver(_ message: WebSocket.Message, bytes: Int) {
        // A message of nothing takes room, too.
        guard case .open = state, socket?.inbox.add(message, bytes: bytes + 64) == true else { return }
        hold()
    }

    private func hold() {
        isHeld = true
        stream?.setReading(false)
    }

    func receiveEnd() {
        if case .waiting = state, let stream { open(stream) } else { leave() }
    }

    func writabilityChanged() {
        socket?.outlet.writabilityChanged()
        if isHeld, stream?.isWritable == true { resume() }
    }

    func cancel() {
        stream = nil
        end()
    }

    // MARK: To the client

    private func send(_ bytes: ByteBuffer) {
        stream?.send(bytes)
        stream?.flush()
    }

    /// Tells the client that it ends, and waits a moment for it to say the same.
    func close(_ code: UInt16, _ reason: String) {
        guard case .open = state, let stream else { return }
        state = .closing
        send(WebSocketFrame.close(code, reason))
        socket?.inbox.finish()
        socket?.outlet.close()
        isHeld = false
        stream.setReading(true)
        timer?.cancel()
        timer = stream.eventLoop.assumeIsolated().scheduleTask(in: Self.farewell) { [self] in leave() }
        readOn()
    }

    // MARK: The end

    /// Both sides have said that it ends, or one is gone without a word.
    private func leave() {
        guard let stream else { return }
        self.stream = nil
        end()
        stream.finish()
    }

    private func end() {
        timer?.cancel()
        timer = nil
        state = .over
        socket?.inbox.finish()
        socket?.outlet.close()
        guard let task, let loop else { return }
        loop.assumeIsolated().scheduleTask(in: Self.grace) { task.cancel() }
    }
}
