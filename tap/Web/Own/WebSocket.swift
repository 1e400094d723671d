import NIOCore
import TapData

/// A connection on which both sides send messages when they like (RFC 6455).
///
///     router.webSocket("/echo") { socket in
///         for try await message in socket { try await socket.send(message) }
///     }
///
/// Messages of the client come in their order, and wait for one who loops over them; so much waits that the client has to
/// wait too. Loops end when the connection does, for whatever reason. Two seconds after the end the task is cancelled, when it
/// has not returned by itself. Pings are answered, and clients that answer none for half a minute are left.
///
/// When the service shuts down, the connection is closed with the code 1001, and loops end.
public final class WebSocket: AsyncSequence, Sendable {
    /// What one side has sent.
    public enum Message: Sendable, Equatable {
        /// Text.
        case text(String)
        /// Bytes.
        case binary([UInt8])
    }

    /// What loops get.
    public typealias Element = Message

    /// The request that has opened it; it has no body.
    public let request: WebRequest
    let inbox: Inbox<Message>
    private let outlet: Outlet
    private let loop: any EventLoop
    private let handler: NIOLoopBound<WebSocketHandler>

    init(_ request: WebRequest, _ inbox: Inbox<Message>, _ outlet: Outlet, _ handler: NIOLoopBound<WebSocketHandler>) {
        (self.request, self.inbox, self.outlet, self.handler) = (request, inbox, outlet, handler)
        loop = handler.eventLoop
    }

    /// Begins with the next message that nobody has taken.
    public func makeAsyncIterator() -> Iterator { Iterator(inbox: inbox) }

    /// The place in the messages.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let inbox: Inbox<Message>

        /// The next message, or nil when the connection has ended.
        ///
        /// Throws `CancellationError`.
        public func next() async throws -> Message? { try await inbox.next() }
    }

    /// Sends a message, and returns when the client can take more.
    ///
    /// Throws `CancellationError` when the connection has ended.
    public func send(_ message: Message) async throws {
        switch message {
        case .text(let text): try await send(text)
        case .binary(let bytes): try await send(bytes)
        }
    }

    /// Sends text, and returns when the client can take more.
    ///
    /// Throws `CancellationError` when the connection has ended.
    public func send(_ text: String) async throws {
        try await outlet.send(WebSocketFrame.bytes(WebSocketFrame.text, text.utf8))
    }

    /// Sends bytes, and returns when the client can take more.
    ///
    /// Throws `CancellationError` when the connection has ended.
    public func send(_ bytes: [UInt8]) async throws {
        try await outlet.send(WebSocketFrame.bytes(WebSocketFrame.binary, bytes))
    }

    /// Sends a value as JSON in one line of text, and returns when the client can take more.
    ///
    /// Throws `CancellationError` when the connection has ended, and what encoding throws.
    public func send(json value: some Encodable) async throws {
        try await send(JSONWriter.line(try DatumEncoder().encode(value)))
    }

    /// Begins the end: messages that come from now on are thrown away, and nothing more can be sent.
    ///
    /// - Parameters:
    ///   - code: why, for the client's program: 1000, or a number of one's own from 4000 to 4999. Numbers that must not be sent
    ///     become 1000.
    ///   - reason: why, for its log; 123 bytes at most are sent.
    public func close(_ code: UInt16 = 1000, _ reason: String = "") {
        let code = WebSocketClose.isSendable(code) ? code : 1000
        loop.execute { [handler] in handler.value.close(code, reason) }
    }
}
