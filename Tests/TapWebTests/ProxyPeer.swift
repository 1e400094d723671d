import NIOCore
import NIOPosix
import NIOSSL
import TapTesting

/// An upstream's end of a connection, which a test plays.
///
/// Nothing is read that the test does not ask for.
struct Peer: Sendable {
    /// Which connection this is, from 0.
    let number: Int
    fileprivate let channel: any Channel
    fileprivate let incoming: AsyncStream<ByteBuffer>
    private var received: [UInt8] = []

    fileprivate init(_ number: Int, _ channel: any Channel, _ incoming: AsyncStream<ByteBuffer>) {
        (self.number, self.channel, self.incoming) = (number, channel, incoming)
    }

    /// Sends text.
    func send(_ text: String) async throws { try await channel.writeAndFlush(ByteBuffer(string: text)).get() }

    /// Sends so many bytes, as fast as they are taken.
    func send(count: Int) async throws {
        let piece = ByteBuffer(repeating: UInt8(ascii: "d"), count: 1 << 16)
        var rest = count
        while rest > 0 {
            let bytes = min(rest, piece.readableBytes)
            try await channel.writeAndFlush(piece.getSlice(at: 0, length: bytes) ?? piece).get()
            rest -= bytes
        }
    }

    /// Sends an answer with a text.
    func answer(_ text: String = "ok", _ fields: String = "") async throws {
        try await send("HTTP/1.1 200 OK\r\n\(fields)Content-Length: \(text.utf8.count)\r\n\r\n\(text)")
    }

    /// Reads once; nil when the other side has ended.
    private func next() async -> ByteBuffer? {
        channel.read()
        return await incoming.first { _ in true }
    }

    /// Receives up to and including some text, or nil when the other side ends first.
    mutating func receive(through end: String = "\r\n\r\n") async throws -> String? {
        let end = Array(end.utf8)
        var start = 0
        while true {
            for place in start..<max(start, received.count - end.count + 1)
            where received[place...].starts(with: end) {
                defer { received.removeFirst(place + end.count) }
                return String(decoding: received[..<(place + end.count)], as: UTF8.self)
            }
            start = max(0, received.count - end.count)
            guard let bytes = await next() else { return nil }
            received += bytes.readableBytesView
        }
    }

    /// Receives so many bytes, which are thrown away; false when the other side ends first.
    mutating func receive(count: Int) async throws -> Bool {
        var rest = count - received.count
        received = []
        while rest > 0 {
            guard let bytes = await next() else { return false }
            rest -= bytes.readableBytes
        }
        return true
    }

    /// Waits until the other side has ended.
    func waitForEnd() async throws { while await next() != nil {} }
}

/// Gives what arrives on a connection to a stream.
private final class PeerInput: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let continuation: AsyncStream<ByteBuffer>.Continuation
    private let isActive: () -> Void

    init(_ continuation: AsyncStream<ByteBuffer>.Continuation, isActive: @escaping () -> Void) {
        (self.continuation, self.isActive) = (continuation, isActive)
    }

    func channelActive(context: ChannelHandlerContext) { isActive() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { continuation.yield(unwrapInboundIn(data)) }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { continuation.finish() }
    }

    func channelInactive(context: ChannelHandlerContext) { continuation.finish() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// Runs an upstream that plays a script on each of its connections around a piece of a test.
///
/// The body is given the upstream's text, for settings. With a path it is a unix socket; with a certificate and its key
/// it speaks TLS. A connection is closed at the end of its script; what the script throws is of no interest.
func withUpstream<Result: Sendable>(
    at path: String? = nil, security: NIOSSLContext? = nil,
    _ script: @escaping @Sendable (inout Peer) async throws -> Void,
    _ body: (String) async throws -> Result
) async throws -> Result {
    typealias Connection = (channel: any Channel, incoming: AsyncStream<ByteBuffer>)
    let (connections, accepted) = AsyncStream.makeStream(of: Connection.self)
    let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .childChannelOption(.allowRemoteHalfClosure, value: security == nil)
        .childChannelOption(.autoRead, value: false)
        .childChannelOption(.maxMessagesPerRead, value: 1)
        .childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                let (incoming, continuation) = AsyncStream.makeStream(of: ByteBuffer.self)
                let pipeline = channel.pipeline.syncOperations
                if let security { try pipeline.addHandler(NIOSSLServerHandler(context: security)) }
                try pipeline.addHandler(PeerInput(continuation) { accepted.yield((channel, incoming)) })
            }
        }
    let server =
        if let path {
            try await bootstrap.bind(unixDomainSocketPath: path).get()
        } else {
            try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
        }
    let host = security == nil ? "http://127.0.0.1" : "https://localhost"
    let text = path.map { "unix:\($0)" } ?? "\(host):\(server.localAddress?.port ?? 0)"
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            await withDiscardingTaskGroup { scripts in
                var number = 0
                for await (channel, incoming) in connections {
                    scripts.addTask { [number] in
                        var peer = Peer(number, channel, incoming)
                        try? await script(&peer)
                        try? await channel.close()
                    }
                    number += 1
                }
            }
        }
        defer { group.cancelAll() }
        do {
            let result = try await body(text)
            try await server.close()
            return result
        } catch {
            try? await server.close()
            throw error
        }
    }
}

/// Answers every request with the connection's number and its own on the connection: `0.0`, `0.1`, `1.0`.
@Sendable func answerEverything(_ peer: inout Peer) async throws {
    var count = 0
    while try await peer.receive() != nil {
        try await peer.answer("\(peer.number).\(count)")
        count += 1
    }
}
