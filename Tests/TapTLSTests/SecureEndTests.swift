import Logging
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import TapTLS
import TapTesting
import Testing

/// Ends of encrypted connections.
@Suite(.timeLimit(.minutes(2)))
struct SecureEndTests {
    /// How a client behaves when the server has said all.
    enum Client: String, CaseIterable {
        /// It says that it ends too.
        case polite = "connection.unwrap()"
        /// It closes its socket without a word.
        case silent = ""
        /// It ends its stream, and closes only when the server has closed.
        case half = "connection.shutdown(socket.SHUT_WR)"
    }

    @Test(arguments: Client.allCases)
    func clientsSeeTheEndAndNothingOfTheConnectionIsKept(client: Client) async throws {
        let server = try await OneAnswerServer()
        let seen = try await Program.run("python3", ["-c", Self.script(client), "\(server.port)"], in: "/")
        // An end of the stream without the one of TLS would have been an error.
        #expect(seen.output == "bye\n", "\(seen.errors)")
        #expect(try await server.connection.isForgotten)
        try await server.close()
    }

    @Test func aConnectionWithoutAHandshakeIsClosedAtOnce() async throws {
        let server = try await OneAnswerServer()
        let client = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: server.port).get()
        let connection = try await server.connection
        try await connection.channel.close()
        try await client.closeFuture.get()
        #expect(try await connection.isForgotten)
        try await server.close()
    }

    private static func script(_ client: Client) -> String {
        """
        import socket, ssl, sys
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        plain = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
        connection = context.wrap_socket(plain, suppress_ragged_eofs=False)
        text = b""
        while part := connection.recv(100):
            text += part
        print(text.decode())
        \(client.rawValue)
        connection.close()
        """
    }
}

/// A server that says goodbye to who comes, and whose first connection can be looked at.
private struct OneAnswerServer {
    /// A connection, and what encrypts it as long as somebody needs that.
    struct Connection: Sendable {
        let channel: any Channel
        fileprivate let handler: NIOLoopBound<Handler>

        /// Whether the connection is closed and nobody keeps what it was made of.
        ///
        /// The event loop gets a few rounds to see what has happened; a timer has no part in it.
        var isForgotten: Bool {
            get async throws {
                for _ in 0..<10 {
                    let isGone = try await channel.eventLoop.submit { [handler] in handler.value.tls == nil }.get()
                    if isGone { return !channel.isActive }
                }
                return false
            }
        }
    }

    fileprivate final class Handler {
        weak var tls: NIOSSLServerHandler?

        init(_ tls: NIOSSLServerHandler) { self.tls = tls }
    }

    private let listener: any Channel
    private let first: EventLoopFuture<Connection>

    let port: Int

    init() async throws {
        let context = try ServerCertificate(developmentFor: ["localhost"], protocols: []).context(Logger(label: "test"))
        let group = MultiThreadedEventLoopGroup.singleton
        let first = group.next().makePromise(of: Connection.self)
        listener = try await ServerBootstrap(group: group)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    let tls = NIOSSLServerHandler(context: context)
                    try SecureEnd.add(tls, to: pipeline)
                    try pipeline.addHandler(Goodbye())
                    let handler = NIOLoopBound(Handler(tls), eventLoop: channel.eventLoop)
                    first.succeed(Connection(channel: channel, handler: handler))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        self.first = first.futureResult
        port = try #require(listener.localAddress?.port)
    }

    /// The first connection, once there is one.
    var connection: Connection {
        get async throws { try await first.get() }
    }

    func close() async throws { try await listener.close() }
}

/// Says goodbye when it can be read.
private final class Goodbye: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .handshakeCompleted? = event as? TLSUserEvent else { return }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "bye")), promise: nil)
        context.close(promise: nil)
    }
}
