import NIOCore
import NIOHTTP1
import TapData

/// One connection: requests are answered one after the other.
struct ControlConnection {
    private typealias Outbound = NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>

    let routes: ControlRoutes
    let answers: AnswersUnderWay
    let admission: Admission
    /// Who is at the other end, as far as the system knows.
    let peer: Peer

    func serve(_ channel: NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>) async throws {
        var underWay = 0
        defer { answers.end(underWay) }
        // An answer that ends its connection is on its way until the connection is closed.
        try await channel.executeThenClose { inbound, outbound in
            var parts = inbound.makeAsyncIterator()
            let goOn = HTTPServerResponsePart.head(HTTPResponseHead(version: .http1_1, status: .continue))
            while let request = try await IncomingRequest(&parts, goOn: { try await outbound.write(goOn) }) {
                answers.begin()
                underWay = 1
                let response = await response(to: request)
                // A stream ends with the process: its end is on its way until the connection is closed.
                let isKeptAlive = request.head.isKeepAlive && !request.isTooLarge && !response.isStream
                // What asks for the head alone must not get more (RFC 9110, section 9.3.2).
                try await send(
                    response, hasBody: request.head.method != .HEAD, isKeptAlive: isKeptAlive, to: outbound,
                    of: channel.channel)
                if !isKeptAlive { return }
                answers.end(1)
                underWay = 0
            }
        }
    }

    private func response(to request: IncomingRequest) async -> ControlResponse {
        do {
            let asker = try await asker(request.head.headers)
            guard !request.isTooLarge else {
                throw ControlError.tooLarge(limit: ControlRequest.maximumBodyBytes)
            }
            return await routes.respond(to: try ControlRequest(request.head, body: request.body, asker: asker))
        } catch ControlError.noToken {
            // Whoever is not known learns nothing about the application.
            return ControlResponse(problem: ControlError.noToken)
        } catch {
            return ControlResponse(problem: error, revision: try? await routes.application.revision())
        }
    }

    private func asker(_ headers: HTTPHeaders) async throws -> Asker {
        switch admission {
        case .peers(let owner, _): return try peer.asker(owner: owner)
        case .tokens:
            guard let live = routes.live else { throw ControlError.noToken }
            return try await TokenAdmission(live: live).asker(headers)
        }
    }

    private func send(
        _ response: ControlResponse, hasBody: Bool, isKeptAlive: Bool, to outbound: Outbound, of channel: any Channel
    ) async throws {
        var head = response.head
        if !isKeptAlive { head.headers.add(name: "connection", value: "close") }
        let text: String
        switch response.body {
        case .none: return try await outbound.write(contentsOf: [.head(head), .end(nil)])
        case .json(let datum): text = JSONWriter.line(datum) + "\n"
        case .text(let given, _): text = given
        case .stream where !hasBody: return try await outbound.write(contentsOf: [.head(head), .end(nil)])
        case .stream(let stream, _):
            try await outbound.write(.head(head))
            return try await send(stream, to: outbound, of: channel)
        }
        head.headers.add(name: "content-length", value: String(text.utf8.count))
        try await outbound.write(contentsOf: [.head(head)] + (hasBody ? [part(text)] : []) + [.end(nil)])
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
}

extension ControlResponse {
    fileprivate var isStream: Bool {
        if case .stream = body { true } else { false }
    }

    /// Everything but the length.
    fileprivate var head: HTTPResponseHead {
        var headers = HTTPHeaders()
        let contentType: String? =
            switch body {
            case .json: isProblem ? Problem.mediaType : RouteBody.json
            case .text(_, let contentType), .stream(_, let contentType): contentType
            case .none: nil
            }
        if let contentType { headers.add(name: "content-type", value: contentType) }
        headers.add(name: "cache-control", value: "no-store")
        if let revision { headers.add(name: "etag", value: "\"\(revision)\"") }
        if let location { headers.add(name: "location", value: location) }
        if !allowed.isEmpty { headers.add(name: "allow", value: allowed.joined(separator: ", ")) }
        // RFC 6750, section 3.
        if status == 401 { headers.add(name: "www-authenticate", value: "Bearer realm=\"taproom\"") }
        return HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: headers)
    }
}
