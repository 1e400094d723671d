import CTapSystem
import Glibc
import NIOCore
import NIOPosix
import Taproom

/// The end of a pipe that a program writes to.
///
/// Used on its event loop.
final class ProgramReader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let received: (ByteBuffer) -> Void
    private let ended: () -> Void
    private var context: ChannelHandlerContext?
    private var isOver = false

    /// Whether more is read; what the system holds for us at the end comes nevertheless.
    var isReading = true {
        didSet { if isReading, !oldValue { context?.read() } }
    }

    /// Takes what comes.
    ///
    /// - Parameters:
    ///   - received: called with each piece.
    ///   - ended: called when no more comes, and not after ``close()``.
    init(received: @escaping (ByteBuffer) -> Void, ended: @escaping () -> Void) {
        (self.received, self.ended) = (received, ended)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) { if isReading { context.read() } }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !isOver { received(ProgramReader.unwrapInboundIn(data)) }
    }

    func channelReadComplete(context: ChannelHandlerContext) { if isReading { context.read() } }

    func channelInactive(context: ChannelHandlerContext) {
        guard !isOver else { return }
        isOver = true
        ended()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// Reads no more.
    func close() {
        isOver = true
        context?.close(promise: nil)
    }
}

/// The end of a pipe that a program reads from.
///
/// Used on its event loop. What a program does not want to read is thrown away.
final class ProgramWriter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let writabilityChanged: () -> Void
    private var context: ChannelHandlerContext?

    /// Whether more is taken at once.
    var isWritable: Bool { context?.channel.isWritable ?? true }

    init(writabilityChanged: @escaping () -> Void) { self.writabilityChanged = writabilityChanged }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelWritabilityChanged(context: ChannelHandlerContext) { writabilityChanged() }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        writabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func write(_ bytes: ByteBuffer) {
        guard bytes.readableBytes > 0 else { return }
        context?.writeAndFlush(NIOAny(bytes), promise: nil)
    }

    /// Says that no more comes, after all that was written.
    func end() {
        guard let context else { return }
        let promise = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(NIOAny(ByteBuffer()), promise: promise)
        promise.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
    }

    /// Throws away what the program has not read.
    func close() { context?.close(promise: nil) }
}

/// A pipe, as two descriptors.
struct ProgramPipe {
    let reading: CInt
    let writing: CInt

    init() throws(SystemCallError) {
        var ends: [CInt] = [-1, -1]
        guard tap_pipe(&ends) == 0 else { throw SystemCallError("make a pipe") }
        (reading, writing) = (ends[0], ends[1])
    }

    func close() {
        Glibc.close(reading)
        Glibc.close(writing)
    }

    /// Has an event loop read.
    func read(on loop: any EventLoop, _ reader: ProgramReader) {
        let bound = NIOLoopBound(reader, eventLoop: loop)
        let bootstrap = NIOPipeBootstrap(group: loop)
            .channelOption(.autoRead, value: false)
            .channelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 16 << 10, maximum: 64 << 10)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(bound.value) }
            }
        _ = bootstrap.takingOwnershipOfDescriptor(input: reading)
    }

    /// Has an event loop write.
    func write(on loop: any EventLoop, _ writer: ProgramWriter) {
        let bound = NIOLoopBound(writer, eventLoop: loop)
        let bootstrap = NIOPipeBootstrap(group: loop)
            .channelOption(.writeBufferWaterMark, value: .init(low: 32 << 10, high: 128 << 10))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(bound.value) }
            }
        _ = bootstrap.takingOwnershipOfDescriptor(output: writing)
    }
}
