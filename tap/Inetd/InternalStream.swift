import NIOCore

/// One connection to an internal service.
final class InternalStream: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let word: InetdEntry.Internal
    private var place = 0
    private var isReadWanted = false
    private var context: ChannelHandlerContext?

    init(_ word: InetdEntry.Internal) { self.word = word }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        if let message = word.message() {
            let channel = context.channel
            channel.writeAndFlush(message).whenComplete { _ in channel.close(promise: nil) }
        } else if word == .chargen {
            generate(context)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if word == .echo { context.write(data, promise: nil) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if word == .echo { context.flush() }
        context.fireChannelReadComplete()
    }

    /// What the client does not take is not read either.
    func read(context: ChannelHandlerContext) {
        if context.channel.isWritable { context.read() } else { isReadWanted = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if word == .chargen, context.channel.isWritable {
            // Later, so that others get their turn.
            context.eventLoop.assumeIsolated().execute { [self] in if let place = self.context { generate(place) } }
        }
        if isReadWanted, context.channel.isWritable {
            isReadWanted = false
            context.read()
        }
        context.fireChannelWritabilityChanged()
    }

    private func generate(_ context: ChannelHandlerContext) {
        while context.channel.isWritable {
            for _ in 0..<100 {
                context.write(wrapOutboundOut(InetdEntry.Internal.line(place)), promise: nil)
                place = (place + 1) % 95
            }
        }
        context.flush()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// The datagrams of an internal service.
///
/// Nothing is answered that may come from another such service, for two of them could talk for ever; nor more in a minute than
/// the limits allow, so that nobody can be flooded through this.
final class InternalDatagrams: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    /// The ports of services that answer anything.
    private static let talkative: Set<Int> = [0, 7, 13, 17, 19, 37]

    private let word: InetdEntry.Internal
    private let admission: SharedAdmission
    private var place = 0

    init(_ word: InetdEntry.Internal, _ admission: SharedAdmission) { (self.word, self.admission) = (word, admission) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let datagram = unwrapInboundIn(data)
        let port = datagram.remoteAddress.port ?? 0
        guard !InternalDatagrams.talkative.contains(port), port != context.channel.localAddress?.port,
            let answer = answer(datagram.data), admission.take(nil)
        else { return }
        admission.giveBack(nil)
        let envelope = AddressedEnvelope(remoteAddress: datagram.remoteAddress, data: answer)
        context.writeAndFlush(wrapOutboundOut(envelope), promise: nil)
    }

    private func answer(_ data: ByteBuffer) -> ByteBuffer? {
        switch word {
        case .echo: return data
        case .discard: return nil
        case .chargen:
            defer { place = (place + 1) % 95 }
            return InetdEntry.Internal.line(place)
        case .daytime, .time: return word.message()
        }
    }
}
