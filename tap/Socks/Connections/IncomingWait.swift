import NIOCore
import NIOPosix

/// Waits for one connection from outside, for a client that has asked for it with BIND.
final class IncomingWait: SocksTask {
    /// What has happened.
    enum Event {
        /// It is listened at an address.
        case listening(Destination)
        /// The connection is there; it is not read yet.
        case connected(any Channel)
    }

    private let loop: any EventLoop
    private let isExpected: (SocketAddress) -> Bool
    private var listener: (any Channel)?
    private var tell: ((Result<Event, any Error>) -> Void)?

    /// Takes the first connection from an address that is expected; others are closed.
    init(on loop: any EventLoop, isExpected: @escaping (SocketAddress) -> Bool) {
        (self.loop, self.isExpected) = (loop, isExpected)
    }

    /// Listens at any free port of an address.
    func start(at place: SocketAddress?, tell: @escaping (Result<Event, any Error>) -> Void) {
        guard let place else { return tell(.failure(DialerProblem.noAddress)) }
        self.tell = tell
        let bound = NIOLoopBound(self, eventLoop: loop)
        let bootstrap = ServerBootstrap(group: loop)
            .serverChannelOption(.backlog, value: 8)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Arrival { bound.value.arrived($0) })
                }
            }
        bootstrap.bind(to: place).assumeIsolated().whenComplete { [self] result in listens(result) }
    }

    func cancel() {
        tell = nil
        listener?.close(promise: nil)
        listener = nil
    }

    private func listens(_ result: Result<any Channel, any Error>) {
        switch result {
        case .success(let channel):
            guard let tell else { return channel.close(promise: nil) }
            listener = channel
            tell(.success(.listening(channel.localAddress?.destination ?? .none)))
        case .failure(let error): tell?(.failure(error))
        }
    }

    private func arrived(_ channel: any Channel) {
        guard let tell, let peer = channel.remoteAddress, isExpected(peer) else {
            channel.close(promise: nil)
            return
        }
        cancel()
        tell(.success(.connected(channel)))
    }
}

/// Tells when a connection can be used.
private final class Arrival: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let body: (any Channel) -> Void

    init(_ body: @escaping (any Channel) -> Void) { self.body = body }

    func channelActive(context: ChannelHandlerContext) {
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
        body(context.channel)
    }
}
