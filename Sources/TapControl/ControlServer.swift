import CTapSystem
import Glibc
package import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import TapNetwork

/// Serves the HTTP API on a unix socket.
package final class ControlServer: Sendable {
    /// The largest body of a request, in bytes.
    private static let maximumBodyBytes = 1 << 20

    /// How long answers that are on their way are waited for when the server is closed.
    private static let answerLimit = Duration.seconds(1)

    private let channel: any Channel
    private let answers: AnswersUnderWay

    /// Starts to serve.
    ///
    /// - Parameters:
    ///   - socket: a bound and listening unix socket; it is closed with the server.
    ///   - routes: what is asked of.
    ///   - owner: the user of the tap, who may control it as root and the runner's user may.
    ///   - logger: where failures of connections are noted.
    /// - Throws: when the event loop can't take the socket.
    package init(socket: CInt, routes: ControlRoutes, owner: UInt32, logger: Logger) async throws {
        let allowed: Set<UInt32> = [0, geteuid(), owner]
        let answers = AnswersUnderWay()
        self.answers = answers
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Acceptance(logger))
                }
            }
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    let user = try ControlServer.peer(of: pipeline)
                    try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
                    try pipeline.addHandler(
                        NIOHTTPServerRequestAggregator(maxContentLength: ControlServer.maximumBodyBytes))
                    let requests = try NIOAsyncChannel<NIOHTTPServerRequestFull, HTTPServerResponsePart>(
                        wrappingChannelSynchronously: channel)
                    Task {
                        do {
                            try await ControlConnection(
                                routes: routes, answers: answers, user: user, isAllowed: allowed.contains(user)
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
    package static func startEventLoops() { _ = MultiThreadedEventLoopGroup.singleton.any() }

    /// Stops accepting; connections that are open go on.
    package func stopAccepting() async { try? await channel.close() }

    /// Stops accepting, ends the streams, and returns when the answers that are on their way have been sent.
    package func close() async {
        try? await channel.close()
        answers.endStreams()
        await answers.wait(atMost: ControlServer.answerLimit)
    }

    private static func peer(of pipeline: ChannelPipeline.SynchronousOperations) throws -> UInt32 {
        let user = try pipeline.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { socket in
            var user = UInt32.max
            return tap_peer_user(socket, &user) == 0 ? user : .max
        }
        return user ?? .max
    }
}
