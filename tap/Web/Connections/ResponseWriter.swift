import CTapSystem
import Glibc
import NIOCore
import NIOHTTP1
import Taproom

/// Writes responses to one connection: small ones at once, files piece by piece.
final class ResponseWriter {
    /// Bodies up to this size are copied behind their head, which costs less than a second piece of memory to send.
    private static let maximumCopiedBytes = 8192

    private static let timeBetweenChecks = TimeAmount.milliseconds(250)

    private let responder: Responder
    private var transfer: Transfer?
    private var done: EventLoopPromise<Void>?
    private var resume: (() -> Void)?
    private var socket: Socket?
    var record: RequestRecord
    private var sentBytes: Int64 = 0
    private var isCorked = false
    private var check: Scheduled<Void>?

    /// The socket of a connection that is open.
    ///
    /// To ask NIO for it each time costs more than to send a file.
    private struct Socket {
        let descriptor: NIOBSDSocket.Handle
        let isTCP: Bool

        init?(_ context: ChannelHandlerContext) {
            let descriptor = try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable(
                of: NIOBSDSocket.Handle.self
            ) { $0 }
            guard let descriptor else { return nil }
            self.descriptor = descriptor
            switch context.channel.localAddress {
            case .v4, .v6: isTCP = true
            default: isTCP = false
            }
        }
    }

    private let isSecure: Bool
    /// Whether the operating system can send files; not where bytes are encrypted on their way.
    private var sendsFiles: Bool { !isSecure }

    init(_ responder: Responder, _ client: Client) {
        (self.responder, isSecure) = (responder, client.isSecure)
        record = RequestRecord(responder, client)
    }

    /// Whether a file is on its way.
    var isSending: Bool { transfer != nil }

    /// Writes a response, or the beginning of it; `flush` sends it.
    ///
    /// `connection` is the `Connection` field with its line end, or nothing; `done` succeeds when the operating system
    /// has all of it.
    func send(
        _ response: Response, connection: StaticString, _ context: ChannelHandlerContext, done: EventLoopPromise<Void>?
    ) {
        var common = responder.commonFields(isSecure: isSecure)
        var head = context.channel.allocator.buffer(
            capacity: response.headBytes.readableBytes + 64 + smallBodyBytes(response))
        head.writeImmutableBuffer(response.headBytes)
        head.writeBuffer(&common)
        head.writeStaticString(connection)
        head.writeStaticString("\r\n")
        record.sent(Int(response.status.code))
        if response.body.count <= 1, case .bytes(let body)? = response.body.first {
            writeAtOnce(head, body, context, done)
            record.sent(bytes: Int64(body.readableBytes))
            record.end()
        } else if response.body.isEmpty {
            context.write(wrap(.byteBuffer(head)), promise: done)
            record.end()
        } else {
            self.done = done
            transfer = Transfer(response, pieceBytes: sendsFiles ? Transfer.sentBytes : Transfer.readBytes)
            cork(true)
            context.write(wrap(.byteBuffer(head)), promise: nil)
            sendNext(context)
            watchForShrinking(context)
        }
    }

    private func smallBodyBytes(_ response: Response) -> Int {
        guard response.body.count == 1, case .bytes(let body) = response.body[0] else { return 0 }
        return body.readableBytes <= Self.maximumCopiedBytes ? body.readableBytes : 0
    }

    private func writeAtOnce(
        _ head: ByteBuffer, _ body: ByteBuffer, _ context: ChannelHandlerContext, _ done: EventLoopPromise<Void>?
    ) {
        var head = head
        if body.readableBytes <= Self.maximumCopiedBytes {
            head.writeImmutableBuffer(body)
            context.write(wrap(.byteBuffer(head)), promise: done)
        } else {
            context.write(wrap(.byteBuffer(head)), promise: nil)
            context.write(wrap(.byteBuffer(body)), promise: done)
        }
    }

    private func wrap(_ data: IOData) -> NIOAny { HTTP1Connection.wrapOutboundOut(data) }

    // MARK: Files

    private func sendNext(_ context: ChannelHandlerContext) {
        guard let piece = transfer?.next() else {
            // The length is promised already: all that is left is to break the connection.
            context.close(promise: nil)
            return
        }
        guard let data = data(of: piece) else {
            context.close(promise: nil)
            return
        }
        let count = Int64(data.readableBytes)
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { [self] result in
            if case .success = result { wasSent(count, context) }
        }
        context.writeAndFlush(wrap(data), promise: written)
    }

    private func data(of piece: Response.Piece) -> IOData? {
        switch piece {
        case .bytes(let bytes): return .byteBuffer(bytes)
        case .file(let file, let range) where sendsFiles:
            return .fileRegion(
                FileRegion(
                    fileHandle: file.handle, readerIndex: Int(range.lowerBound), endIndex: Int(range.upperBound)))
        case .file(let file, let range): return file.contents(range).map(IOData.byteBuffer)
        }
    }

    /// When a file is cut while a piece of it waits to be sent, `sendfile` sends nothing and NIO tries again for ever.
    private func watchForShrinking(_ context: ChannelHandlerContext) {
        guard let transfer else { return }
        if transfer.isStuck {
            context.close(promise: nil)
            return
        }
        check = context.eventLoop.assumeIsolated().scheduleTask(in: Self.timeBetweenChecks) { [self] in
            watchForShrinking(context)
        }
    }

    private func wasSent(_ bytes: Int64, _ context: ChannelHandlerContext) {
        guard let transfer else { return }
        sentBytes += bytes
        record.sent(bytes: bytes)
        guard transfer.isEmpty else {
            sendNext(context)
            return
        }
        record.report()
        record.end()
        cork(false)
        check?.cancel()
        self.transfer = nil
        let done = self.done
        self.done = nil
        done?.succeed()
        resume?()
    }

    /// Begins to write to a connection; `resume` is called when a response that was not written at once is.
    func begin(_ context: ChannelHandlerContext, resume: @escaping () -> Void) {
        self.resume = resume
        socket = Socket(context)
    }

    /// Forgets a file that will not be sent any more: the connection is closed.
    func abandon() {
        (resume, socket) = (nil, nil)
        record.report()
        record.end()
        check?.cancel()
        transfer = nil
        let done = done
        self.done = nil
        done?.fail(ChannelError.ioOnClosedChannel)
    }

    /// Holds the head back until the first bytes of the file join it; only TCP knows that.
    private func cork(_ on: Bool) {
        guard let socket = socket, socket.isTCP, isCorked != on else { return }
        isCorked = on
        tap_cork(socket.descriptor, on ? 1 : 0)
    }

    // MARK: Counting

    /// Sends what was written, after it was counted: who has an answer finds it in the counters.
    func flush(_ context: ChannelHandlerContext) {
        record.report()
        context.flush()
    }

    /// A number that changes whenever the client has taken something: bytes given to the operating system, less those
    /// that it still holds.
    var progress: Int64 {
        var held: CInt = 0
        if let socket { _ = ioctl(socket.descriptor, UInt(TIOCOUTQ), &held) }
        return sentBytes - Int64(held)
    }
}
