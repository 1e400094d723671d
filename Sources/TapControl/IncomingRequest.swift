import NIOCore
import NIOHTTP1

/// A request as it comes in.
struct IncomingRequest {
    typealias Parts = NIOAsyncChannelInboundStream<HTTPServerRequestPart>.AsyncIterator

    /// How much of a body that is too large is passed over; then the connection is closed.
    private static let patience = 16 << 20

    let head: HTTPRequestHead
    private(set) var body = ByteBuffer()
    private(set) var isTooLarge = false

    /// Reads the next request of a connection; nil when there is none.
    ///
    /// - Parameters:
    ///   - parts: what comes in.
    ///   - goOn: tells a client that waits for it to send the body (RFC 9110, section 10.1.1).
    /// - Throws: when the connection breaks, or more than anybody would send comes.
    init?(_ parts: inout Parts, goOn: () async throws -> Void) async throws {
        guard case .head(let head)? = try await parts.next() else { return nil }
        self.head = head
        let length = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
        isTooLarge = length > ControlRequest.maximumBodyBytes
        if head.headers.first(name: "expect")?.lowercased() == "100-continue" {
            // Who waits for the word to go on can be answered at once.
            if isTooLarge { return }
            try await goOn()
        }
        var count = 0
        while let part = try await parts.next() {
            switch part {
            case .head: continue
            case .end: return
            case .body(var bytes):
                count += bytes.readableBytes
                guard count <= IncomingRequest.patience else { throw ChannelError.inputClosed }
                isTooLarge = isTooLarge || count > ControlRequest.maximumBodyBytes
                if isTooLarge { body.clear() } else { body.writeBuffer(&bytes) }
            }
        }
        return nil
    }
}
