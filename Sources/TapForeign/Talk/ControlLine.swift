import NIOCore
import NIOPosix
import Taproom

/// The socket over which a program and its runner talk in lines.
///
/// A program that says more than is read waits, as at any pipe. One that does not read what it is told is not listened to until
/// it does.
final class ControlLine: Sendable {
    /// How much a program may leave unread before it is listened to no more.
    private static let untold = ChannelOptions.Types.WriteBufferWaterMark(low: 256 << 10, high: 1 << 20)

    private let channel: any Channel
    private let mailbox: Mailbox

    /// Talks over a connected socket, which is closed in the end.
    ///
    /// Throws when the socket can't be used; it is closed then.
    static func open(_ descriptor: CInt) async throws -> ControlLine {
        let mailbox = Mailbox()
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.writeBufferWaterMark, value: ControlLine.untold)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(LineReader(mailbox))
                }
            }
        return ControlLine(try await bootstrap.withConnectedSocket(descriptor).get(), mailbox)
    }

    private init(_ channel: any Channel, _ mailbox: Mailbox) { (self.channel, self.mailbox) = (channel, mailbox) }

    /// Says messages, in order; nothing happens when nobody listens any more.
    func say(_ messages: RunnerMessage...) { say(messages) }

    /// Says messages, in order; nothing happens when nobody listens any more.
    func say(_ messages: [RunnerMessage]) {
        guard !messages.isEmpty else { return }
        var buffer = channel.allocator.buffer(capacity: 256)
        for message in messages {
            buffer.writeString(message.line)
            buffer.writeString("\n")
        }
        channel.writeAndFlush(buffer, promise: nil)
    }

    /// Lines that came since the last time, at least one; nil: no more will come.
    ///
    /// Throws ``BadMessage`` when the program said what can't be a line. For one reader.
    func lines() async throws(BadMessage) -> [String]? {
        guard let lines = try await mailbox.take() else { return nil }
        if mailbox.isFull { return lines }
        channel.setOption(.autoRead, value: true).whenComplete { _ in }
        return lines
    }

    func close() { channel.close(promise: nil) }
}

/// Makes lines of what a program says.
///
/// Everything here happens on the event loop of the socket.
private final class LineReader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// The longest line in bytes.
    private static let maximumBytes = 16 << 20

    private let mailbox: Mailbox
    private var line: [UInt8] = []

    init(_ mailbox: Mailbox) { self.mailbox = mailbox }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var rest = LineReader.unwrapInboundIn(data).readableBytesView[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            line += rest[..<end]
            rest = rest[rest.index(after: end)...]
            guard let text = String(validating: line, as: UTF8.self) else {
                return refuse("a line is no UTF-8", context)
            }
            line.removeAll(keepingCapacity: line.count < 65_536)
            if !text.isEmpty { mailbox.put(text) }
        }
        line += rest
        guard line.count <= LineReader.maximumBytes else {
            return refuse("a line has more than \(LineReader.maximumBytes) bytes", context)
        }
        if mailbox.isFull { stopReading(context) }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) { mailbox.hold(!context.channel.isWritable) }

    private func stopReading(_ context: ChannelHandlerContext) {
        try? context.channel.syncOptions?.setOption(.autoRead, value: false)
        // They may have been read meanwhile, before nothing more came in.
        guard mailbox.isEmpty else { return }
        try? context.channel.syncOptions?.setOption(.autoRead, value: true)
    }

    private func refuse(_ problem: String, _ context: ChannelHandlerContext) {
        mailbox.close(BadMessage(problem))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { mailbox.close() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
