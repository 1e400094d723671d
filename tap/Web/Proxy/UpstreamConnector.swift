import NIOCore
import NIOPosix
import NIOSSL
import TapNetwork
import TapTLS
import Taproom

/// Makes connections to upstreams on one event loop.
struct UpstreamConnector {
    /// What is read from an upstream at once.
    private static let receiving = AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 4096, maximum: 64 << 10)

    let upstreams: ProxyUpstreams
    let loop: any EventLoop

    /// Connects, for a client or for nobody's sake, and answers on the event loop.
    func connect(
        to index: Int, for client: Client?, _ pool: UpstreamPool,
        _ body: @escaping (Result<UpstreamConnection, UpstreamFailure>) -> Void
    ) {
        let upstream = upstreams.list[index]
        let bootstrap = bootstrap(index, upstream, for: client)
        let connected =
            switch upstream.address {
            case .unix(let path): bootstrap.connect(unixDomainSocketPath: path)
            case .tcp(let host, let port): connect(bootstrap, host, port)
            }
        let figures = upstreams.figures
        connected.assumeIsolated().whenComplete { result in
            do {
                let channel = try result.get()
                figures?.opened(index)
                channel.closeFuture.whenComplete { _ in figures?.closed(index) }
                let handlers = channel.pipeline.syncOperations
                try handlers.handler(type: UpstreamConnection.self).whenReady(for: pool, body)
            } catch {
                body(.failure(UpstreamConnector.failure(error)))
            }
        }
    }

    /// An address needs no look into the DNS, which takes another thread.
    private func connect(_ bootstrap: ClientBootstrap, _ host: String, _ port: UInt16) -> EventLoopFuture<any Channel> {
        if let address = try? SocketAddress(ipAddress: host, port: Int(port)) { return bootstrap.connect(to: address) }
        return bootstrap.connect(host: host, port: Int(port))
    }

    private static func failure(_ error: any Error) -> UpstreamFailure {
        switch error {
        case ChannelError.connectTimeout: .connectTimeout
        case let error as NIOConnectionError where error.connectionErrors.contains(where: { $0.error.isTimeout }):
            .connectTimeout
        default: .connect("\(error)")
        }
    }

    private func bootstrap(_ index: Int, _ upstream: Upstream, for client: Client?) -> ClientBootstrap {
        let settings = upstreams.settings
        let security = upstream.isSecure ? upstreams.security : nil
        let header = ProxyHeaderWriter.bytes(
            settings.proxyProtocol, source: client?.address, destination: nil, port: client?.port)
        return ClientBootstrap(group: loop)
            .connectTimeout(.milliseconds(settings.connect.milliseconds))
            .channelOption(.autoRead, value: false)
            // An encrypted connection has its own word for the end, and without it nothing is at its end.
            .channelOption(.allowRemoteHalfClosure, value: !upstream.isSecure)
            .channelOption(.writeBufferWaterMark, value: .init(low: 64 << 10, high: 256 << 10))
            .channelOption(.recvAllocator, value: Self.receiving)
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if header.readableBytes > 0 { try pipeline.addHandler(FirstBytes(header)) }
                    if let security { try SecureEnd.add(security.handler(for: upstream), to: pipeline) }
                    try pipeline.addHandler(UpstreamConnection(to: index, isSecure: security != nil, settings))
                }
            }
    }
}

extension Error {
    fileprivate var isTimeout: Bool { if case .connectTimeout? = self as? ChannelError { true } else { false } }
}

/// Sends some bytes before everything else, also before the encryption.
private final class FirstBytes: ChannelInboundHandler {
    typealias InboundIn = NIOAny
    typealias OutboundOut = ByteBuffer

    private let bytes: ByteBuffer

    init(_ bytes: ByteBuffer) { self.bytes = bytes }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
        context.fireChannelActive()
    }
}
