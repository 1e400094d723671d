import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import TapTesting
import Taproom

@testable import TapWeb

/// What a handler has done to its stream.
enum StreamEvent: Sendable, Equatable {
    case interim(UInt)
    case head(UInt, [String: String])
    case upgraded([String: String])
    case bytes
    case reading(Bool)
    case finished
    case failed(UInt)
}

/// A client's side that only exists in memory: gives a request to a handler, and remembers the answer.
///
/// Used on its event loop.
final class RecordingStream: ResponseStream {
    let eventLoop: any EventLoop
    let continuation: AsyncStream<StreamEvent>.Continuation
    var handler: (any RequestHandler)?
    /// Bytes that can wait for the client before it is not writable.
    var window = Int.max
    private(set) var body: [UInt8] = []
    /// How many bytes of the answer wait for the client, and the most that ever did.
    private(set) var waiting = 0
    private(set) var mostWaiting = 0
    /// How many bytes of the body are still to be sent.
    var upload = 0
    private(set) var pauses = 0
    private var hasEnded = false
    private var isReading = true
    private var isPumping = false
    private var isOver = false

    init(_ loop: any EventLoop, _ continuation: AsyncStream<StreamEvent>.Continuation, upload: Int) {
        (eventLoop, self.continuation, self.upload) = (loop, continuation, upload)
    }

    var isWritable: Bool { waiting < window }

    private static func fields(_ head: ResponseHead) -> [String: String] {
        Dictionary(head.fields.map { ($0.name, $0.value) }) { $0 + ", " + $1 }
    }

    func send(_ head: ResponseHead) {
        let code = head.status.code
        continuation.yield(code < 200 ? .interim(code) : .head(code, Self.fields(head)))
    }

    func send(_ bytes: ByteBuffer) {
        if body.count < 1 << 20 { body += bytes.readableBytesView }
        waiting += bytes.readableBytes
        mostWaiting = max(mostWaiting, waiting)
        continuation.yield(.bytes)
    }

    func flush() {}

    func finish() { end(.finished) }

    func fail(_ status: HTTPResponseStatus) { end(.failed(status.code)) }

    private func end(_ event: StreamEvent) {
        guard !isOver else { return }
        isOver = true
        continuation.yield(event)
        continuation.finish()
    }

    func setReading(_ isReading: Bool) {
        self.isReading = isReading
        if !isReading { pauses += 1 }
        continuation.yield(.reading(isReading))
        pump()
    }

    func upgrade(_ head: ResponseHead) -> Bool {
        guard hasEnded else { return false }
        continuation.yield(.upgraded(Self.fields(head)))
        return true
    }

    /// Sends the body as long as it is wanted.
    func pump() {
        guard !isPumping else { return }
        isPumping = true
        while isReading, !isOver, !hasEnded {
            let count = min(upload, 16 << 10)
            upload -= count
            if count > 0 {
                handler?.receive(ByteBuffer(repeating: UInt8(ascii: "u"), count: count))
            } else {
                hasEnded = true
                handler?.receiveEnd()
            }
        }
        isPumping = false
    }

    /// The client takes everything that waits for it.
    func drain() {
        waiting = 0
        handler?.writabilityChanged()
    }
}

/// A request that is under way through a proxy.
struct ProxyExchange: Sendable {
    let events: AsyncStream<StreamEvent>
    private let bound: NIOLoopBound<RecordingStream>

    init(_ events: AsyncStream<StreamEvent>, _ bound: NIOLoopBound<RecordingStream>) {
        (self.events, self.bound) = (events, bound)
    }

    /// Does something on the event loop.
    func on<Result: Sendable>(_ body: @escaping @Sendable (RecordingStream) -> Result) async throws -> Result {
        try await bound.eventLoop.submit { body(bound.value) }.get()
    }

    /// Waits for the end, and gives all that has happened but for the pieces.
    func events(taking: Bool = true) async throws -> [StreamEvent] {
        var all: [StreamEvent] = []
        for await event in events {
            if event == .bytes {
                if taking { try await on { $0.drain() } }
            } else {
                all.append(event)
            }
        }
        return all
    }

    /// Waits for an event.
    func wait(for isWanted: (StreamEvent) -> Bool) async {
        for await event in events where isWanted(event) { return }
    }

    /// The body as text.
    var text: String {
        get async throws { String(decoding: try await on { $0.body }, as: UTF8.self) }
    }
}

/// A proxy on an event loop.
struct TestProxy: Sendable {
    let upstreams: ProxyUpstreams
    private let source: NIOLoopBound<ProxySource>
    private let loop: any EventLoop

    /// A proxy to some upstreams, which are told with their text.
    static func make(
        to upstreams: [String], logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        clock: TestClock? = nil, _ change: (inout ProxySettings) -> Void = { _ in }
    ) async throws -> TestProxy {
        var settings = ProxySettings()
        settings.to = .init(upstreams.compactMap { Upstream($0) })
        // The machine may have much to do while tests run.
        settings.connect = TimeSpan(seconds: 60)
        change(&settings)
        let shared = try ProxyUpstreams(settings, logger: logger) { clock?.now ?? .now() }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let source = try await loop.submit { NIOLoopBound(ProxySource(shared, loop: loop), eventLoop: loop) }.get()
        return TestProxy(upstreams: shared, source: source, loop: loop)
    }

    /// Begins a request, which is written as a client does up to the empty line; a body of `u` follows.
    func begin(
        _ head: String, upload: Int = 0, window: Int = .max, prefix: String = "", from ip: String = "192.0.2.7"
    ) async throws -> ProxyExchange {
        let (events, continuation) = AsyncStream.makeStream(of: StreamEvent.self)
        let bound = try await loop.submit { [source, loop] in
            let client = Client(address: try SocketAddress(ipAddress: ip, port: 4711), isSecure: true, port: 443)
            var parser = RequestParser(client: client, limit: 1 << 16)
            parser.add(ByteBuffer(string: head + "\r\n\r\n"))
            guard case .head(let request)? = parser.next() else { throw TestFailure("no request: \(head)") }
            let stream = RecordingStream(loop, continuation, upload: upload)
            stream.window = window
            let handler = source.value.handler(for: request, at: .init(request.target, prefix: prefix))
            stream.handler = handler
            handler.begin(stream)
            stream.pump()
            return NIOLoopBound(stream, eventLoop: loop)
        }.get()
        return ProxyExchange(events, bound)
    }

    /// Sends a request without a body, and gives the status and the body of the answer; an error gives its status.
    func get(_ target: String = "/", _ fields: String = "") async throws -> (status: UInt, body: String) {
        let exchange = try await begin("GET \(target) HTTP/1.1\r\nHost: site.example\(fields)")
        var status: UInt = 0
        for event in try await exchange.events() {
            if case .head(let code, _) = event { status = code }
            if case .failed(let code) = event { status = code }
        }
        return (status, try await exchange.text)
    }

    /// How many connections are idle.
    var idle: Int {
        get async throws { try await loop.submit { [source] in source.value.pool.count }.get() }
    }

    /// Closes the idle connections.
    func retire() async throws {
        upstreams.retire()
        try await loop.submit { [source] in source.value.retire() }.get()
    }
}

extension MatchedPath {
    /// The parts of a target below a prefix.
    init(_ target: String, prefix: String) {
        let path = target.prefix { $0 != "?" }
        self.init(
            prefix: path.prefix(prefix.count), rest: path.dropFirst(prefix.count), query: target[path.endIndex...])
    }
}
