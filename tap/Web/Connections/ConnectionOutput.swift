import NIOCore

/// Sends what a connection has to say, in its order.
///
/// Bytes are handed to the operating system without the way through the channel, which costs about as much as to send a
/// small file. What the system does not take at once waits in the channel, and so does what follows. Where bytes are encrypted
/// on their way, all of them go through the channel.
final class ConnectionOutput {
    /// What has become of a part of a file.
    enum Outcome {
        /// The operating system has all of it.
        case sent
        /// It waits in the channel.
        case waiting
        /// The file has become shorter, or nothing can be sent any more.
        case failed
    }

    /// Longer pieces are sent from where they are; shorter ones are copied, so that one call sends them together.
    static let maximumCopiedBytes = 8192

    private let isDirect: Bool
    private let spare: SpareBuffer
    private var context: ChannelHandlerContext?
    private var socket: ClientSocket?
    private var collected = ByteBuffer()
    /// How many writes wait in the channel.
    private var held = 0
    private var whenSent: (() -> Void)?

    init(isSecure: Bool, _ spare: SpareBuffer) { (isDirect, self.spare) = (!isSecure, spare) }

    /// Begins when the channel is active.
    func begin(_ context: ChannelHandlerContext) {
        self.context = context
        socket = ClientSocket(context.channel)
    }

    /// Forgets everything: the connection is closed.
    func abandon() { (context, socket, whenSent, collected) = (nil, nil, nil, ByteBuffer()) }

    /// How many bytes the next flush will send.
    var collectedBytes: Int { collected.readableBytes }

    /// Whether something waits in the channel.
    var isHeld: Bool { held > 0 }

    /// Whether bytes go to the operating system at once.
    private var canSend: Bool { isDirect && held == 0 && socket != nil }

    /// A number that changes whenever the client has taken something.
    func progress(sent: Int64) -> Int64 { socket?.progress(sent: sent) ?? sent }

    // MARK: Bytes

    /// Adds bytes, which the next flush sends.
    func write(_ bytes: ByteBuffer) {
        if bytes.readableBytes <= Self.maximumCopiedBytes {
            collect { $0.writeImmutableBuffer(bytes) }
        } else {
            flush(more: true)
            send(bytes, more: false)
        }
    }

    /// Adds what a body writes.
    func collect(_ write: (inout ByteBuffer) -> Void) {
        if collected.capacity == 0 { collected = spare.take() }
        write(&collected)
    }

    /// Sends what was written; with `more` it may wait for what follows.
    func flush(more: Bool = false) {
        let bytes = collected
        collected = ByteBuffer()
        if bytes.readableBytes > 0 { send(bytes, more: more) }
        if !more && !canSend { context?.flush() }
        if bytes.capacity > 0 { spare.giveBack(bytes) }
        if !more && held == 0 { settle() }
    }

    /// Calls a body when the operating system has everything that was written before; not when the connection breaks.
    ///
    /// The next flush sees to it.
    func whenSent(_ body: @escaping () -> Void) {
        whenSent = body
        // Whatever is encrypted is told of by the last of its writes.
        if !isDirect || socket == nil { hold(.byteBuffer(collected)); collected = ByteBuffer() }
    }

    private func send(_ bytes: ByteBuffer, more: Bool) {
        var bytes = bytes
        if canSend, let socket {
            // What can't be sent any more fails in the channel again, which closes then.
            bytes.moveReaderIndex(forwardBy: bytes.withUnsafeReadableBytes { socket.send($0, more: more) } ?? 0)
            if bytes.readableBytes == 0 { return }
        }
        if isDirect { hold(.byteBuffer(bytes)) } else { context?.write(NIOAny(IOData.byteBuffer(bytes)), promise: nil) }
    }

    private func hold(_ data: IOData, then: (() -> Void)? = nil) {
        guard let context else { return }
        held += 1
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { [self] result in
            held -= 1
            guard case .success = result else { return }
            then?()
            if held == 0 { settle() }
        }
        context.write(NIOAny(data), promise: written)
    }

    private func settle() {
        guard collected.readableBytes == 0, let whenSent else { return }
        self.whenSent = nil
        whenSent()
    }

    // MARK: Files

    /// Sends a part of a file behind what was written; `then` is called when a part that waits is sent.
    func send(_ file: OpenFile, _ range: Range<Int64>, then: @escaping () -> Void) -> Outcome {
        flush(more: true)
        guard isDirect else {
            guard let bytes = file.contents(range) else { return .failed }
            return wait(for: .byteBuffer(bytes), then)
        }
        var start = range.lowerBound
        if canSend, let socket {
            guard let sent = socket.send(file, range) else { return .failed }
            start += sent
            if start == range.upperBound { return .sent }
        }
        // NIO tries for ever to send what is not in the file any more.
        guard file.currentSize >= range.upperBound else { return .failed }
        let rest = FileRegion(fileHandle: file.handle, readerIndex: Int(start), endIndex: Int(range.upperBound))
        return wait(for: .fileRegion(rest), then)
    }

    /// Calls a body when what waits in the channel is sent.
    func whenNothingWaits(_ then: @escaping () -> Void) { _ = wait(for: .byteBuffer(ByteBuffer()), then) }

    private func wait(for data: IOData, _ then: @escaping () -> Void) -> Outcome {
        hold(data, then: then)
        context?.flush()
        return .waiting
    }
}
