import CTapSystem
import Glibc
package import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import TapNetwork

/// Serves the HTTP API on a socket.
package final class ControlServer: Sendable {
    /// How long answers that are on their way are waited for when the server is closed.
    private static let answerLimit = Duration.seconds(1)

    private let channel: any Channel
    private let answers: AnswersUnderWay

    /// Starts to serve.
    ///
    /// - Parameters:
    ///   - socket: a bound and listening socket; it is closed with the server.
    ///   - routes: what is asked of.
    ///   - admission: who is let in.
    ///   - logger: where failures of connections are noted.
    /// - Throws: when the event loop can't take the socket.
    package init(socket: CInt, routes: ControlRoutes, admission: Admission, logger: Logger) async throws {
        let answers = AnswersUnderWay()
        self.answers = answers
        channel = try await ServerBootstrap(group: EventLoops.shared)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Acceptance(logger))
                }
            }
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    let peer = try ControlServer.peer(of: pipeline, admission)
                    try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
                    let requests = try NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>(
                        wrappingChannelSynchronously: channel)
                    Task {
                        do {
                            try await ControlConnection(
                                routes: routes, answers: answers, admission: admission, peer: peer
                            )
                            .serve(requests)
                        } catch {
                            logger.debug("control connection failed", metadata: ["error": "\(error)"])
                        }
                    }
                }
            }
            .withBoundSocket(socket).get()
    }

    /// Starts the event loops that this and most services use, if they don't run yet.
    ///
    /// Whoever needs them first would wait for their threads; done beside other work it takes no time of a start.
    package static func startEventLoops() { _ = EventLoops.shared.any() }

    /// Stops accepting; connections that are open go on.
    package func stopAccepting() async { try? await channel.close() }

    /// Stops accepting, ends the streams, and returns when the answers that are on their way have been sent.
    package func close() async {
        try? await channel.close()
        answers.endStreams()
        await answers.wait(atMost: ControlServer.answerLimit)
    }

    /// Who is at the other end; nobody that is known when it is no unix socket.
    private static func peer(
        of pipeline: ChannelPipeline.SynchronousOperations, _ admission: Admission
    ) throws -> Peer {
        let peer = try pipeline.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { socket -> Peer? in
            var user = UInt32.max
            guard case .peers(_, let readers) = admission, tap_peer_user(socket, &user) == 0 else { return nil }
            return Peer(user: user, isReader: readers.map { tap_peer_has_group(socket, $0) == 1 } ?? false)
        }
        return (peer ?? nil) ?? Peer(user: .max, isReader: false)
    }
}
