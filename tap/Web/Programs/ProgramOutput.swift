import NIOCore
import NIOHTTP1

/// What a program writes, on its way to the client.
///
/// Used on the event loop of the stream.
final class ProgramOutput {
    private let stream: any ResponseStream
    /// Whether the client gets no body whatever the program writes.
    private var isBodiless: Bool
    private var reader = ProgramHeadReader()
    /// How many bytes of the body are still to come, when the program says so.
    private var remaining: Int64?
    private(set) var hasHead = false

    init(_ stream: any ResponseStream, _ request: Request) {
        self.stream = stream
        isBodiless = request.isHead
    }

    /// Whether all bytes came that the program has promised.
    var isComplete: Bool { hasHead && remaining == 0 }

    /// Sends on what was written.
    func receive(_ bytes: ByteBuffer) throws(ProgramProblem) {
        guard !hasHead else { return try sendBody(bytes) }
        guard let (head, rest) = try reader.take(bytes) else { return }
        let response = try head.response()
        hasHead = true
        isBodiless = isBodiless || [.noContent, .notModified].contains(response.status)
        remaining = isBodiless ? nil : head.contentLength
        stream.send(response)
        try sendBody(rest)
    }

    private func sendBody(_ bytes: ByteBuffer) throws(ProgramProblem) {
        guard bytes.readableBytes > 0 else { return }
        if let remaining {
            guard remaining >= Int64(bytes.readableBytes) else { throw .tooMuchBody }
            self.remaining = remaining - Int64(bytes.readableBytes)
        }
        stream.send(bytes)
    }

    /// Checks that nothing is missing when no more comes.
    func checkEnd() throws(ProgramProblem) {
        guard hasHead else { throw .noHead }
        guard (remaining ?? 0) == 0 else { throw .tooLittleBody }
    }
}
