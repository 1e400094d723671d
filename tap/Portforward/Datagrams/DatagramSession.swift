import Logging
import NIOCore
import NIOPosix
import TapNetwork
import TapRelay
import Taproom

/// A client that sends datagrams, with a socket of its own to a target.
///
/// Used on the event loop of the client's socket only.
final class DatagramSession: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    /// The socket is connected: with an address the system would look for a way each time.
    typealias OutboundOut = ByteBuffer

    /// How many datagrams wait at most until the socket is there.
    private static let mostWaiting = 16
    /// As much as the payload of a datagram can have.
    private static let receiving = FixedSizeRecvByteBufferAllocator(capacity: 65_535)

    private let plan: ForwardPlan
    private let client: SocketAddress
    private let index: Int
    private let loop: any EventLoop
    private weak var door: DatagramDoor?
    private var context: ChannelHandlerContext?
    private var waiting: [ByteBuffer] = []
    private var isOver = false
    private var isOpen = false
    private(set) var hasUnsent = false
    private var lastUse = NIODeadline.now()
    private var timer: Scheduled<Void>?
    private var tally = RelayTally()
    /// Whether it was noted that the target answers, since something was told last.
    private var isAnswered = false

    init(
        _ plan: ForwardPlan, _ client: SocketAddress, to index: Int, _ loop: any EventLoop, _ door: DatagramDoor
    ) {
        (self.plan, self.client, self.index, self.loop, self.door) = (plan, client, index, loop, door)
    }

    private var target: ForwardTarget { plan.datagrams.list[index] }
    private var idle: TimeAmount { .milliseconds(plan.settings.datagrams.idle.milliseconds) }

    /// Opens the socket to the target, once its address is known.
    func open() {
        arm(idle)
        guard case .udp(let host, let port) = target.address else { return }
        if let address = try? SocketAddress(ipAddress: host, port: Int(port)) { return connect(to: address) }
        NIOThreadPool.singleton.runIfActive(eventLoop: loop) {
            try SocketAddress.makeAddressResolvingHost(host, port: Int(port))
        }.assumeIsolated().whenComplete { [self] result in
            switch result {
            case .success(let address): connect(to: address)
            case .failure: fail("no address of \(host) was found")
            }
        }
    }

    private func connect(to address: SocketAddress) {
        guard !isOver else { return }
        let session = NIOLoopBound(self, eventLoop: loop)
        DatagramBootstrap(group: loop).channelOption(.recvAllocator, value: Self.receiving)
            // Mostly one answer comes at a time, and to look for another one costs as much as to be told of it.
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(session.value)
                }
            }
            .connect(to: address).assumeIsolated().whenComplete { [self] result in
                switch result {
                case .success: begin()
                case .failure(let error) where Connector.isOwnFault(error): close(Connector.reason(of: error))
                case .failure(let error): fail(Connector.reason(of: error))
                }
            }
    }

    private func begin() {
        guard !isOver else {
            context?.close(promise: nil)
            return
        }
        isOpen = true
        plan.datagrams.record(index).opened()
        let bytes = waiting
        waiting = []
        for bytes in bytes { send(bytes) }
        flush()
    }

    // MARK: What passes

    /// Sends a client's datagram; ``flush()`` has it go out.
    func send(_ bytes: ByteBuffer) {
        lastUse = .now()
        guard isOpen, let context else {
            if waiting.count < Self.mostWaiting { waiting.append(bytes) }
            return
        }
        // Nobody waits for datagrams: what there is no room for is lost, as in the network.
        guard context.channel.isWritable else { return }
        hasUnsent = true
        if let passed = tally.add(bytes.readableBytes, from: .client, now: lastUse) { tell(passed) }
        context.write(wrapOutboundOut(bytes), promise: nil)
    }

    func flush() {
        hasUnsent = false
        context?.flush()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data).data
        lastUse = .now()
        if let passed = tally.add(bytes.readableBytes, from: .target, now: lastUse) { tell(passed) }
        if !isAnswered { plan.datagrams.succeeded(index) }
        isAnswered = true
        door?.answer(bytes, to: client)
    }

    func channelReadComplete(context: ChannelHandlerContext) { door?.flush() }

    private func tell(_ bytes: RelayTally.Bytes) {
        isAnswered = false
        plan.datagrams.record(index).passed(sent: bytes.sent, received: bytes.received)
    }

    // MARK: The end

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    /// Nobody listens at the target, as its system says.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { fail(Connector.reason(of: error)) }

    func channelInactive(context: ChannelHandlerContext) {
        close("the socket was closed")
        context.fireChannelInactive()
    }

    private func fail(_ reason: String) {
        guard !isOver else { return }
        plan.datagrams.failed(index, reason)
        close(reason)
    }

    /// Ends the session.
    func close(_ reason: String) {
        guard !isOver else { return }
        isOver = true
        timer?.cancel()
        door?.ended(client)
        plan.datagrams.ended(index)
        context?.close(promise: nil)
        guard isOpen else { return }
        tell(tally.takeRest())
        plan.datagrams.record(index).closed()
        plan.logger.debug(
            "session ended",
            metadata: [
                "from": "\(client)", "target": "\(target)", "sent": "\(tally.total.sent)",
                "received": "\(tally.total.received)",
                "reason": "\(reason)",
            ])
    }

    private func arm(_ time: TimeAmount) {
        timer = loop.assumeIsolated().scheduleTask(in: time) { [self] in
            let rest = lastUse + idle - .now()
            if rest > .zero { arm(rest) } else { close("nothing came from either side for too long") }
        }
    }
}
