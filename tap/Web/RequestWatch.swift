import NIOCore

/// Watches the bytes before they are decoded: what the decoder does not tell, but timeouts and refusals depend on.
final class RequestWatch: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// Whether bytes have come since the last complete head.
    private(set) var hasPartOfHead = false
    /// The length of the first line since the last complete head, as far as it has come.
    private(set) var firstLineBytes = 0
    private var hasLine = false
    /// The bytes that are being decoded.
    private var current: ByteBuffer?

    /// Called when a head is complete, and when a request is.
    func reset() {
        hasPartOfHead = false
        firstLineBytes = 0
        hasLine = false
    }

    /// Whether the bytes that could not be decoded begin like a request with a method that nobody has heard of.
    var beginsWithUnknownMethod: Bool {
        guard let line = current?.readableBytesView.prefix(while: { $0 != 0x0D && $0 != 0x0A }) else { return false }
        let words = line.split(separator: 0x20, omittingEmptySubsequences: false)
        return words.count == 3 && words[2].starts(with: "HTTP/1.".utf8) && !words[0].isEmpty
            && words[0].allSatisfy { (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        hasPartOfHead = true
        if !hasLine {
            let view = buffer.readableBytesView
            let end = view.firstIndex(of: 0x0A)
            firstLineBytes += (end ?? view.endIndex) - view.startIndex
            hasLine = end != nil
        }
        current = buffer
        context.fireChannelRead(data)
        current = nil
    }
}
