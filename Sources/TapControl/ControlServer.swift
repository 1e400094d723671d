import CTapSystem
import Glibc
package import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import TapData

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

    /// Stops accepting, and returns when the answers that are on their way have been sent.
    package func close() async {
        try? await channel.close()
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

/// Counts the requests that are being answered.
private final class AnswersUnderWay: Sendable {
    private let count = Mutex(0)

    func begin() { count.withLock { $0 += 1 } }
    func end(_ number: Int) { count.withLock { $0 -= number } }

    /// Returns when there are none, or after a time.
    func wait(atMost limit: Duration) async {
        let deadline = ContinuousClock.now + limit
        while count.withLock({ $0 > 0 }), ContinuousClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(1))
        }
    }
}

/// One connection: requests are answered one after the other.
private struct ControlConnection {
    let routes: ControlRoutes
    let answers: AnswersUnderWay
    let user: UInt32
    let isAllowed: Bool

    func serve(_ channel: NIOAsyncChannel<NIOHTTPServerRequestFull, HTTPServerResponsePart>) async throws {
        var underWay = 0
        defer { answers.end(underWay) }
        // An answer that ends its connection is on its way until the connection is closed.
        try await channel.executeThenClose { inbound, outbound in
            for try await request in inbound {
                answers.begin()
                underWay = 1
                let isKeptAlive = request.head.isKeepAlive
                try await outbound.write(
                    contentsOf: parts(of: await response(to: request), isKeptAlive: isKeptAlive))
                if !isKeptAlive { return }
                answers.end(1)
                underWay = 0
            }
        }
    }

    private func response(to request: NIOHTTPServerRequestFull) async -> ControlResponse {
        guard isAllowed else { return ControlResponse(problem: ControlError.notAllowed(user: user)) }
        do {
            return await routes.respond(to: try ControlRequest(request, user: UserName.text(of: user)))
        } catch {
            return ControlResponse(problem: error)
        }
    }

    private func parts(of response: ControlResponse, isKeptAlive: Bool) -> [HTTPServerResponsePart] {
        let body = ByteBuffer(string: JSONWriter.line(response.body) + "\n")
        var headers: HTTPHeaders = [
            "content-type": response.status < 400 ? "application/json" : "application/problem+json",
            "content-length": String(body.readableBytes),
            "cache-control": "no-store",
        ]
        if let revision = response.revision { headers.add(name: "etag", value: "\"\(revision)\"") }
        if !response.allowed.isEmpty { headers.add(name: "allow", value: response.allowed.joined(separator: ", ")) }
        if !isKeptAlive { headers.add(name: "connection", value: "close") }
        let status = HTTPResponseStatus(statusCode: response.status)
        return [
            .head(HTTPResponseHead(version: .http1_1, status: status, headers: headers)), .body(.byteBuffer(body)),
            .end(nil),
        ]
    }
}

extension ControlRequest {
    /// Reads a request.
    ///
    /// Throws ``ControlError`` for a body that is no JSON and a target that is no path.
    fileprivate init(_ request: NIOHTTPServerRequestFull, user: String) throws(ControlError) {
        let parts = request.head.uri.split(separator: "?", maxSplits: 1)
        let path = (parts.first ?? "").split(separator: "/").map { ControlRequest.percentDecoded(String($0)) }
        guard !path.contains(nil) else { throw .badRequest("the path has a broken percent escape") }
        var query: [String: String] = [:]
        for pair in parts.count > 1 ? parts[1].split(separator: "&") : [] {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            query[sides[0]] = ControlRequest.percentDecoded(sides.count > 1 ? sides[1] : "")
        }
        var body = Datum.null
        if let buffer = request.body, buffer.readableBytes > 0 {
            do throws(SyntaxError) {
                body = try JSONReader.read(String(buffer: buffer)).datum
            } catch {
                throw .badRequest(
                    "the body is no JSON: line \(error.position.line), column \(error.position.column): \(error.problem)"
                )
            }
        }
        self.init(
            method: request.head.method.rawValue, path: path.compactMap { $0 }, query: query, body: body,
            ifMatch: request.head.headers.first(name: "if-match"), user: user)
    }

    /// RFC 3986, section 2.1; nil for an escape that is none, and for bytes that are no UTF-8.
    private static func percentDecoded(_ text: String) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard digits.utf8.count == 2, !digits.hasPrefix("+"), !digits.hasPrefix("-"),
                let value = UInt8(digits, radix: 16)
            else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
