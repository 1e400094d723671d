import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import TapTesting

/// An upstream's end of a connection, which a test plays.
struct Peer {
    /// Which connection this is, from 0.
    let number: Int
    private var incoming: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outgoing: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var received: [UInt8] = []

    init(
        _ number: Int, _ incoming: NIOAsyncChannelInboundStream<ByteBuffer>,
        _ outgoing: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) {
        (self.number, self.incoming, self.outgoing) = (number, incoming.makeAsyncIterator(), outgoing)
    }

    /// Sends text.
    func send(_ text: String) async throws { try await outgoing.write(ByteBuffer(string: text)) }

    /// Sends so many bytes, as fast as they are taken.
    func send(count: Int) async throws {
        let piece = ByteBuffer(repeating: UInt8(ascii: "d"), count: 1 << 16)
        var rest = count
        while rest > 0 {
            let bytes = min(rest, piece.readableBytes)
            try await outgoing.write(piece.getSlice(at: 0, length: bytes) ?? piece)
            rest -= bytes
        }
    }

    /// Sends an answer with a text.
    func answer(_ text: String = "ok", _ fields: String = "") async throws {
        try await send("HTTP/1.1 200 OK\r\n\(fields)Content-Length: \(text.utf8.count)\r\n\r\n\(text)")
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
            guard let bytes = try await incoming.next() else { return nil }
            received += bytes.readableBytesView
        }
    }

    /// Receives so many bytes, which are thrown away; false when the other side ends first.
    mutating func receive(count: Int) async throws -> Bool {
        var rest = count - received.count
        received = []
        while rest > 0 {
            guard let bytes = try await incoming.next() else { return false }
            rest -= bytes.readableBytes
        }
        return true
    }

    /// Waits until the other side has ended.
    mutating func waitForEnd() async throws { while try await incoming.next() != nil {} }

    /// Ends this side.
    func finish() { outgoing.finish() }
}

/// Runs an upstream that plays a script on each of its connections around a piece of a test.
///
/// The body is given the upstream's text, for settings. With a path it is a unix socket; with a certificate and its key
/// it speaks TLS. What the script throws ends its connection only.
func withUpstream<Result: Sendable>(
    at path: String? = nil, security: NIOSSLContext? = nil,
    _ script: @escaping @Sendable (inout Peer) async throws -> Void,
    _ body: (String) async throws -> Result
) async throws -> Result {
    let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .childChannelOption(.allowRemoteHalfClosure, value: security == nil)
    let initialize = { @Sendable (channel: any Channel) in
        channel.eventLoop.makeCompletedFuture {
            if let security { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: security)) }
            return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                wrappingChannelSynchronously: channel,
                configuration: .init(isOutboundHalfClosureEnabled: security == nil))
        }
    }
    let server =
        if let path {
            try await bootstrap.bind(unixDomainSocketPath: path, childChannelInitializer: initialize)
        } else {
            try await bootstrap.bind(host: "127.0.0.1", port: 0, childChannelInitializer: initialize)
        }
    let port = server.channel.localAddress?.port ?? 0
    let scheme = security == nil ? "http" : "https"
    let text = path.map { "unix:\($0)" } ?? "\(scheme)://localhost:\(port)"
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            try await server.executeThenClose { connections in
                try await withThrowingDiscardingTaskGroup { scripts in
                    var number = 0
                    for try await connection in connections {
                        scripts.addTask { [number] in await play(script, number, connection) }
                        number += 1
                    }
                }
            }
        }
        let result = try await body(text.replacing("localhost", with: security == nil ? "127.0.0.1" : "localhost"))
        group.cancelAll()
        while await group.nextResult() != nil {}
        return result
    }
}

private func play(
    _ script: @Sendable (inout Peer) async throws -> Void, _ number: Int,
    _ connection: NIOAsyncChannel<ByteBuffer, ByteBuffer>
) async {
    try? await connection.executeThenClose { incoming, outgoing in
        var peer = Peer(number, incoming, outgoing)
        try await script(&peer)
    }
}

/// Answers every request with its number on the connection and the connection's number: `0.0`, `0.1`, `1.0`.
@Sendable func answerEverything(_ peer: inout Peer) async throws {
    var count = 0
    while try await peer.receive() != nil {
        try await peer.answer("\(peer.number).\(count)")
        count += 1
    }
}
