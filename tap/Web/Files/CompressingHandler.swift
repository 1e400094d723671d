import NIOCore
import NIOHTTP1

/// Sends a large file compressed, piece by piece, as fast as the client takes it.
final class CompressingHandler: RequestHandler {
    private static let pieceBytes: Int64 = 64 << 10

    private let head: ResponseHead
    private let coding: ContentCoding
    private var file: OpenFile?
    private var offset: Int64 = 0
    private var encoder: (any ContentCoding.Encoder)?
    private var ready = ByteBuffer()
    private var stream: (any ResponseStream)?
    private var isScheduled = false

    init(_ file: OpenFile, _ head: ResponseHead, _ coding: ContentCoding) {
        (self.file, self.head, self.coding) = (file, head, coding)
    }

    func begin(_ stream: any ResponseStream) {
        do {
            encoder = try coding.encoder { [unowned self] in ready.writeBytes($0) }
        } catch {
            stream.fail(.serviceUnavailable)
            return
        }
        self.stream = stream
        stream.send(head)
        sendPiece()
    }

    func writabilityChanged() { sendPiece() }

    func cancel() { (file, stream, encoder) = (nil, nil, nil) }

    /// Sends one piece, and the next when others on this event loop have had their turn.
    private func sendPiece() {
        guard !isScheduled, let stream, let file, let encoder, stream.isWritable else { return }
        let end = min(offset + Self.pieceBytes, file.facts.size)
        do {
            guard let bytes = file.contents(offset..<end) else { throw OpenFailure(code: 0) }
            try bytes.withUnsafeReadableBytes { try encoder.write($0) }
            offset = end
            if offset == file.facts.size { try encoder.finish() }
        } catch {
            cancel()
            stream.fail(.internalServerError)
            return
        }
        stream.send(ready)
        ready = ByteBuffer()
        guard offset < file.facts.size else {
            cancel()
            stream.finish()
            return
        }
        stream.flush()
        isScheduled = true
        stream.eventLoop.assumeIsolated().execute { [self] in
            isScheduled = false
            sendPiece()
        }
    }
}
