import Glibc
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import TapTesting

@testable import TapWeb

/// What a client would have seen.
struct ProgramAnswer: Sendable {
    enum Ending: Equatable, Sendable {
        case finished
        /// A page instead of an answer, or a connection that broke off when a head was already sent.
        case failed(UInt)
        case cancelled
    }

    var status: UInt?
    var fields: [String: String] = [:]
    var body = ByteBuffer()
    var ending = Ending.cancelled
    /// Whether reading of the request was ever stopped.
    var hasPaused = false

    var text: String { String(buffer: body) }

    /// The lines `NAME=value` of the body.
    var variables: [String: String] {
        text.split(separator: "\n").reduce(into: [:]) { variables, line in
            guard let equals = line.firstIndex(of: "=") else { return }
            variables[String(line[..<equals])] = String(line[equals...].dropFirst())
        }
    }
}

/// A client that writes down what it gets, and sends its body as it is asked for.
final class RecordedStream: ResponseStream {
    let eventLoop: any EventLoop
    private(set) var answer = ProgramAnswer()
    private let done: EventLoopPromise<ProgramAnswer>
    private let isHead: Bool
    private var handler: (any RequestHandler)?
    private var pieces: [ByteBuffer]
    private var isReading = true
    private var isFeeding = false
    private var hasEnded = false
    private var isOver = false
    /// Called when something was sent.
    var sent: (RecordedStream) -> Void = { _ in }

    init(_ loop: any EventLoop, isHead: Bool, body: [ByteBuffer], _ done: EventLoopPromise<ProgramAnswer>) {
        (eventLoop, self.isHead, pieces, self.done) = (loop, isHead, body, done)
    }

    var isWritable = true {
        didSet { if isWritable != oldValue { handler?.writabilityChanged() } }
    }

    func begin(_ handler: any RequestHandler) {
        self.handler = handler
        handler.begin(self)
        feed()
    }

    private func feed() {
        guard !isFeeding else { return }
        isFeeding = true
        while isReading, !isOver, !hasEnded {
            if pieces.isEmpty {
                hasEnded = true
                handler?.receiveEnd()
            } else {
                handler?.receive(pieces.removeFirst())
            }
        }
        isFeeding = false
    }

    /// The client goes away.
    func leave() {
        guard !isOver else { return }
        handler?.cancel()
        end(.cancelled)
    }

    func send(_ head: ResponseHead) {
        guard answer.status == nil, !isOver else { return }
        answer.status = head.status.code
        for (name, value) in head.fields { answer.fields[name.lowercased()] = value }
        sent(self)
    }

    func send(_ bytes: ByteBuffer) {
        guard !isOver, answer.status != nil, !isHead else { return }
        answer.body.writeImmutableBuffer(bytes)
        sent(self)
    }

    func flush() {}

    func finish() { end(.finished) }

    func fail(_ status: HTTPResponseStatus) { end(.failed(status.code)) }

    private func end(_ ending: ProgramAnswer.Ending) {
        guard !isOver else { return }
        isOver = true
        handler = nil
        answer.ending = ending
        done.succeed(answer)
    }

    func setReading(_ isReading: Bool) {
        self.isReading = isReading
        if isReading { feed() } else { answer.hasPaused = true }
    }

    func upgrade(_ head: ResponseHead) -> Bool { false }
}

/// A source of handlers on its event loop.
struct ProgramTalk: Sendable {
    let loop: any EventLoop
    let source: NIOLoopBound<any HandlerSource>

    init(_ make: @escaping @Sendable (any EventLoop) throws -> any HandlerSource) async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        self.loop = loop
        source = try await loop.submit { NIOLoopBound(try make(loop), eventLoop: loop) }.get()
    }

    /// Asks.
    ///
    /// - Parameters:
    ///   - head: the request's line and fields, each with its line end.
    ///   - body: its body in pieces.
    ///   - mounted: how many names lead to the route.
    ///   - client: who asks.
    ///   - setUp: called on the event loop with the client before it asks.
    /// - Returns: what the client has seen at the end.
    /// - Throws: when the head is none.
    func ask(
        _ head: String, body: [ByteBuffer] = [], mounted: Int = 1,
        client: Client = Client(
            address: try? SocketAddress(ipAddress: "192.0.2.7", port: 4711), isSecure: false, port: 8080),
        setUp: @escaping @Sendable (RecordedStream) -> Void = { _ in }
    ) async throws -> ProgramAnswer {
        let done = loop.makePromise(of: ProgramAnswer.self)
        let (loop, source) = (loop, source)
        loop.execute {
            guard let request = Request(text: head, client), let path = try? RequestPath(request.target) else {
                return done.fail(TestFailure("no request: \(head)"))
            }
            let stream = RecordedStream(loop, isHead: request.isHead, body: body, done)
            setUp(stream)
            stream.begin(source.value.handler(for: request, at: path.matched(mounted)))
        }
        return try await done.futureResult.get()
    }

    /// Asks with GET.
    func get(_ target: String, _ fields: String = "") async throws -> ProgramAnswer {
        try await ask("GET \(target) HTTP/1.1\r\nHost: example.com:8080\r\n\(fields)")
    }
}

extension Request {
    /// Reads lines, each with its end.
    init?(text: String, _ client: Client) {
        let bytes = Array((text + "\r\n").utf8)
        let parts = bytes.withUnsafeBytes { HeadReader.parts($0) }
        guard let parts else { return nil }
        var fields = parts.fields
        fields.lines = FieldLines(checked: ByteBuffer(bytes: bytes[parts.fieldsStart..<(bytes.count - 2)]))
        self.init(method: parts.method, target: parts.target, version: parts.version, fields: fields, client: client)
    }
}
