import NIOCore
import NIOHTTP1
import Taproom

/// Writes responses to one connection: small ones at once, files piece by piece.
final class ResponseWriter {
    /// What is collected before it is sent, although more may follow.
    private static let maximumCollectedBytes = 64 << 10
    private static let timeBetweenChecks = TimeAmount.milliseconds(250)

    private let responder: Responder
    private let isSecure: Bool
    private let output: ConnectionOutput
    private var context: ChannelHandlerContext?
    private var transfer: Transfer?
    private var done: (() -> Void)?
    private var resume: (() -> Void)?
    private var sentBytes: Int64 = 0
    private var check: Scheduled<Void>?
    var record: RequestRecord

    init(_ responder: Responder, _ client: Client) {
        (self.responder, isSecure) = (responder, client.isSecure)
        output = ConnectionOutput(isSecure: client.isSecure, responder.spare)
        record = RequestRecord(responder, client)
    }

    /// Begins to write to a connection; `resume` is called when a response that was not written at once is.
    func begin(_ context: ChannelHandlerContext, resume: @escaping () -> Void) {
        (self.context, self.resume) = (context, resume)
        output.begin(context)
    }

    /// Forgets a file that will not be sent any more: the connection is closed.
    func abandon() {
        (context, resume, done, transfer) = (nil, nil, nil, nil)
        output.abandon()
        record.report()
        record.end()
        stopWatching()
    }

    /// Whether a file is on its way.
    var isSending: Bool { transfer != nil }

    /// Writes a response, or the beginning of it; `flush` sends it.
    ///
    /// `connection` is the `Connection` field with its line end, or nothing; `done` is called when the operating system has
    /// all of it.
    func send(_ response: Response, connection: StaticString, done: (() -> Void)? = nil) {
        collect { bytes in
            bytes.writeImmutableBuffer(response.headBytes)
            responder.writeCommonFields(to: &bytes, isSecure: isSecure)
            bytes.writeStaticString(connection)
            bytes.writeStaticString("\r\n")
        }
        record.sent(Int(response.status.code))
        guard let first = response.body.first else {
            end(done)
            return
        }
        if response.body.count == 1, case .bytes(let body) = first {
            record.sent(bytes: Int64(body.readableBytes))
            write(body)
            end(done)
            return
        }
        self.done = done
        transfer = Transfer(response, pieceBytes: isSecure ? Transfer.readBytes : Transfer.sentBytes)
        record.report()
        sendNext()
    }

    private func end(_ done: (() -> Void)?) {
        record.end()
        if let done { output.whenSent(done) }
    }

    // MARK: Pieces

    /// Adds bytes, which the next flush sends at the latest.
    func write(_ bytes: ByteBuffer) {
        makeRoom()
        // Long ones are sent at once.
        if bytes.readableBytes > ConnectionOutput.maximumCopiedBytes { record.report() }
        output.write(bytes)
    }

    /// Adds what a body writes, which is not much.
    func collect(_ write: (inout ByteBuffer) -> Void) {
        makeRoom()
        output.collect(write)
    }

    /// Sends what was collected when it is so much that the client has to be seen taking it.
    private func makeRoom() {
        guard output.collectedBytes > Self.maximumCollectedBytes else { return }
        record.report()
        output.flush(more: true)
    }

    /// Sends what was written, after it was counted: who has an answer finds it in the counters.
    func flush() {
        record.report()
        output.flush()
    }

    /// Calls a body when the operating system has everything that was written before.
    func whenSent(_ body: @escaping () -> Void) { output.whenSent(body) }

    /// A number that changes whenever the client has taken something.
    var progress: Int64 { output.progress(sent: sentBytes) }

    // MARK: Files

    /// Sends as much as the operating system takes, but not so much that others would have to wait.
    private func sendNext() {
        var left = Transfer.turnBytes
        while let piece = transfer?.next() {
            switch send(piece) {
            case .sent: left -= piece.count
            case .waiting:
                watchForShrinking()
                return
            case .failed:
                // The length is promised already: all that is left is to break the connection.
                context?.close(promise: nil)
                return
            }
            if left <= 0, transfer?.isEmpty == false {
                context?.eventLoop.assumeIsolated().execute { [self] in sendNext() }
                return
            }
        }
        if transfer != nil { finish() }
    }

    private func send(_ piece: Response.Piece) -> ConnectionOutput.Outcome {
        let count = piece.count
        let goOn = { [self] in
            guard transfer != nil else { return }
            noteSent(count)
            sendNext()
        }
        switch piece {
        case .bytes(let bytes):
            output.write(bytes)
            if output.isHeld {
                output.whenNothingWaits(goOn)
                return .waiting
            }
            noteSent(count)
            return .sent
        case .file(let file, let range):
            let outcome = output.send(file, range, then: goOn)
            if outcome == .sent { noteSent(count) }
            return outcome
        }
    }

    private func noteSent(_ bytes: Int64) {
        sentBytes += bytes
        record.sent(bytes: bytes)
    }

    /// When a file is cut while a piece of it waits to be sent, `sendfile` sends nothing and NIO tries again for ever.
    private func watchForShrinking() {
        guard check == nil else { return }
        check = context?.eventLoop.assumeIsolated().scheduleTask(in: Self.timeBetweenChecks) { [self] in
            check = nil
            guard let transfer else { return }
            if transfer.isStuck { context?.close(promise: nil) } else { watchForShrinking() }
        }
    }

    private func stopWatching() {
        check?.cancel()
        check = nil
    }

    private func finish() {
        transfer = nil
        stopWatching()
        let done = done
        self.done = nil
        end(done)
        flush()
        resume?()
    }
}
