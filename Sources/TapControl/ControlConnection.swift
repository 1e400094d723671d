import NIOCore
import NIOHTTP1
import TapData

/// One connection: requests are answered one after the other.
struct ControlConnection {
    private typealias Outbound = NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>

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
                let response = await response(to: request)
                // What asks for the head alone must not get more (RFC 9110, section 9.3.2).
                let hasBody = request.head.method != .HEAD
                switch response.body {
                case .json(let datum):
                    try await outbound.write(
                        contentsOf: parts(
                            of: response, JSONWriter.line(datum) + "\n", hasBody: hasBody, isKeptAlive: isKeptAlive))
                case .text(let text, _):
                    try await outbound.write(
                        contentsOf: parts(of: response, text, hasBody: hasBody, isKeptAlive: isKeptAlive))
                case .stream where !hasBody:
                    try await outbound.write(
                        contentsOf: [.head(head(of: response, isKeptAlive: isKeptAlive)), .end(nil)])
                case .stream(let stream, _):
                    try await outbound.write(.head(head(of: response, isKeptAlive: isKeptAlive)))
                    try await send(stream, to: outbound, of: channel.channel)
                }
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

    /// Sends a stream as it comes, until it ends, the other side is gone, or the server is closed.
    ///
    /// What came before the server was closed is still sent, unless the other side does not read.
    private func send(_ stream: AsyncStream<String>, to outbound: Outbound, of channel: any Channel) async throws {
        let sending = Task {
            var rest = ""
            for await text in stream {
                do {
                    guard !Task.isCancelled else { throw CancellationError() }
                    try await outbound.write(part(text))
                } catch is CancellationError {
                    rest += text
                }
            }
            return rest
        }
        channel.closeFuture.whenComplete { _ in sending.cancel() }
        let rest = try await answers.wait(forStream: sending)
        guard channel.isWritable else { throw ChannelError.eof }
        if !rest.isEmpty { try await outbound.write(part(rest)) }
        try await outbound.write(.end(nil))
    }

    private func part(_ text: String) -> HTTPServerResponsePart { .body(.byteBuffer(ByteBuffer(string: text))) }

    private func parts(
        of response: ControlResponse, _ text: String, hasBody: Bool, isKeptAlive: Bool
    ) -> [HTTPServerResponsePart] {
        var head = head(of: response, isKeptAlive: isKeptAlive)
        head.headers.add(name: "content-length", value: String(text.utf8.count))
        return [.head(head)] + (hasBody ? [part(text)] : []) + [.end(nil)]
    }

    private func head(of response: ControlResponse, isKeptAlive: Bool) -> HTTPResponseHead {
        let contentType =
            switch response.body {
            case .json: response.status < 400 ? "application/json" : "application/problem+json"
            case .text(_, let contentType), .stream(_, let contentType): contentType
            }
        var headers: HTTPHeaders = ["content-type": contentType, "cache-control": "no-store"]
        if let revision = response.revision { headers.add(name: "etag", value: "\"\(revision)\"") }
        if !response.allowed.isEmpty { headers.add(name: "allow", value: response.allowed.joined(separator: ", ")) }
        if !isKeptAlive { headers.add(name: "connection", value: "close") }
        return HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: response.status), headers: headers)
    }
}
