import NIOCore

/// One end of a relay: the last handler of a connection.
final class RelayEnd: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How much is read at once.
    private static let receiving = AdaptiveRecvByteBufferAllocator(minimum: 2048, initial: 16 << 10, maximum: 256 << 10)
    /// How much may wait for a side before the other is read no more.
    private static let sending = ChannelOptions.Types.WriteBufferWaterMark(low: 64 << 10, high: 256 << 10)

    let side: RelaySide
    var relay: Relay?
    var peer: RelayEnd?
    /// Whether the stream that comes from here is complete.
    private(set) var hasEnded = false
    /// Whether the connection is not closed yet.
    private(set) var isOpen = true
    /// What was wrong with the connection.
    private(set) var problem: String?
    private var context: ChannelHandlerContext?
    /// What has come before there was a peer.
    private var kept: [ByteBuffer] = []
    private var isReadHeld = false
    private var isOutputEnding = false
    private var isOutputEnded = false
    private var isDraining = false

    init(_ side: RelaySide) { self.side = side }

    /// Puts this at the end of a pipeline, and has the connection be read only when somebody takes it.
    func install(in channel: any Channel) throws {
        let options = channel.syncOptions
        try options?.setOption(.autoRead, value: false)
        try options?.setOption(.allowRemoteHalfClosure, value: true)
        try options?.setOption(.maxMessagesPerRead, value: 1)
        try options?.setOption(.recvAllocator, value: Self.receiving)
        try options?.setOption(.writeBufferWaterMark, value: Self.sending)
        try channel.pipeline.syncOperations.addHandler(self)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        // A connection that never was one is not told to be inactive.
        if isOpen {
            isOpen = false
            relay?.gone(self)
        }
        self.context = nil
        peer = nil
        relay = nil
    }

    // MARK: What the relay asks for

    /// Sends what was kept to the peer, and reads on.
    func begin() {
        guard let peer else { return }
        for bytes in kept { pass(bytes, to: peer) }
        kept = []
        peer.flush()
        if hasEnded { peer.endOutput() } else { readOn() }
    }

    /// How much the connection has not taken yet.
    var waitingBytes: Int {
        guard isOpen, let options = context?.channel.syncOptions else { return 0 }
        return (try? options.getOption(.bufferedWritableBytes)) ?? 0
    }

    /// Closes the connection at once.
    func close() { context?.close(promise: nil) }

    /// Closes the connection so that the other side sees that its stream was cut.
    func reset() { if let channel = context?.channel { Cut.apply(to: channel) } }

    /// Sends what there is to send and closes; what comes meanwhile is read by nobody.
    ///
    /// It has to be read nevertheless: the system tells a side that it was cut off when something was not.
    func drain() {
        guard !isDraining, let context else { return }
        isDraining = true
        endOutput()
        if !hasEnded { context.read() }
        context.eventLoop.assumeIsolated().scheduleTask(in: Relay.lingering) { [self] in close() }
    }

    // MARK: What the peer asks for

    private func send(_ bytes: ByteBuffer) { context?.write(wrapOutboundOut(bytes), promise: nil) }

    private func flush() { context?.flush() }

    /// Ends the stream to here, after all that waits for it: NIO would drop that where nothing comes from here any more.
    private func endOutput() {
        guard let context, !isOutputEnding else { return }
        isOutputEnding = true
        let isSent = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: isSent)
        isSent.futureResult.assumeIsolated().whenSuccess { [self] in
            isOutputEnded = true
            self.context?.close(mode: .output, promise: nil)
        }
    }

    private func pass(_ bytes: ByteBuffer, to peer: RelayEnd) {
        relay?.passed(bytes.readableBytes, from: side)
        peer.send(bytes)
    }

    private func readOn() {
        guard let context, isOpen, !hasEnded else { return }
        if let peer, let target = peer.context, target.channel.isWritable {
            isReadHeld = false
            context.read()
        } else {
            isReadHeld = true
        }
    }

    // MARK: What comes

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDraining else { return }
        let bytes = unwrapInboundIn(data)
        if let peer { pass(bytes, to: peer) } else { kept.append(bytes) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if isDraining {
            if !hasEnded { context.read() }
        } else if let peer {
            relay?.noteProgress()
            peer.flush()
            readOn()
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard context.channel.isWritable, let peer, peer.isReadHeld else { return }
        relay?.noteProgress()
        peer.readOn()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed? = event as? ChannelEvent else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        guard !hasEnded, problem == nil else { return }
        hasEnded = true
        relay?.noteProgress()
        if !isDraining { peer?.endOutput() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if problem == nil { problem = "\(error)" }
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        isOpen = false
        // When the stream to here has ended before, NIO closes the connection at the end of the one from here.
        if isOutputEnded, problem == nil { hasEnded = true }
        relay?.gone(self)
        context.fireChannelInactive()
    }
}
