import Logging
import NIOCore
import NIOHTTP2
import Taproom

/// Sets connections of HTTP/2 up (RFC 9113).
///
/// Floods are what the library's limits are for: of resets, settings, pings, empty frames and continuations.
enum HTTP2Connection {
    /// How many requests of a client are answered at once.
    private static let maximumStreams = 128
    /// How long streams may go on after the end has begun.
    private static let grace = TimeAmount.seconds(30)

    /// Puts the handlers for a connection and for each of its streams into the pipeline.
    ///
    /// Throws what NIO does when the channel is gone.
    static func initialize(_ channel: any Channel, _ responder: Responder, _ client: Client) throws {
        let limits = responder.site.settings.limits
        let manager = NIOHTTP2ServerConnectionManagementHandler(
            eventLoop: channel.eventLoop,
            configuration: .init(
                maxIdleTime: .milliseconds(limits.idle.milliseconds), maxAge: nil, maxGraceTime: grace, keepalive: nil))
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: maximumStreams),
            HTTP2Setting(parameter: .maxHeaderListSize, value: limits.header),
        ]
        var stream = NIOHTTP2Handler.StreamConfiguration()
        stream.outboundBufferSizeHighWatermark = 256 << 10
        stream.outboundBufferSizeLowWatermark = 64 << 10
        let bound = NIOLoopBound(responder, eventLoop: channel.eventLoop)
        let pipeline = channel.pipeline.syncOperations
        _ = try pipeline.configureHTTP2Pipeline(
            mode: .server, connectionConfiguration: connection, streamConfiguration: stream,
            streamDelegate: manager.http2StreamDelegate
        ) { stream in
            do {
                try stream.pipeline.syncOperations.addHandler(HTTP2Stream(bound.value, client))
                return stream.eventLoop.makeSucceededVoidFuture()
            } catch {
                return stream.eventLoop.makeFailedFuture(error)
            }
        }
        try pipeline.addHandler(manager)
        try pipeline.addHandler(HTTP2End(responder))
    }
}

/// Closes a connection whose client breaks the rules of HTTP/2: it was told so, and nothing it sends is read any more.
private final class HTTP2End: ChannelInboundHandler {
    typealias InboundIn = Any

    private let responder: Responder

    init(_ responder: Responder) { self.responder = responder }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        responder.site.logger.debug("connection failed", metadata: ["error": "\(error)"])
        // What is wrong with one stream ends that stream only.
        if !(error is NIOHTTP2Errors.StreamError) { context.close(promise: nil) }
    }
}
