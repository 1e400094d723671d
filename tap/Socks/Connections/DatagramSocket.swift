import NIOCore
import NIOPosix

/// Opens sockets of datagrams.
enum DatagramSocket {
    /// As much as a datagram can have.
    private static let receiving = FixedSizeRecvByteBufferAllocator(capacity: 65_536)

    /// Opens one at an address; `take` is called on the event loop with what comes.
    static func open(
        at place: SocketAddress, on loop: any EventLoop,
        take: @escaping @Sendable (AddressedEnvelope<ByteBuffer>) -> Void
    ) -> EventLoopFuture<any Channel> {
        DatagramBootstrap(group: loop)
            .channelOption(.recvAllocator, value: receiving)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Receiver(take))
                }
            }
            .bind(to: place)
    }
}

/// Hands on what comes.
private final class Receiver: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let take: (AddressedEnvelope<ByteBuffer>) -> Void

    init(_ take: @escaping (AddressedEnvelope<ByteBuffer>) -> Void) { self.take = take }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { take(unwrapInboundIn(data)) }

    /// That a datagram did not arrive somewhere is no reason to stop.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
