import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
package import TapConfig
package import TapData
package import TapFile
import TapNetwork
package import Taproom

/// The verbs on an application that runs, asked for over its control socket.
package struct RemoteApplication: ControlledApplication {
    /// The largest answer that is read, in bytes.
    private static let maximumAnswerBytes = 256 << 20

    let socket: String

    /// The application behind a socket, or nil when nobody answers there.
    ///
    /// Throws when it may not be asked.
    package init?(socket: String) throws {
        self.socket = socket
        switch ControlSocket.connectionError(socket) {
        case 0: return
        case EACCES: throw TapFileError.notPermitted(path: socket, action: "connect to it")
        default: return nil
        }
    }

    package func revision() async throws -> Int { try await status().revision }
    package func status() async throws -> StatusReport { try await ask("GET", "status") }
    package func contents(of path: String?, at point: String?) async throws -> Datum {
        try await ask("GET", "contents" + query(["path": path, "at": point]))
    }
    package func description(at point: String?) async throws -> Datum {
        try await ask("GET", "application" + query(["at": point]))
    }
    package func history() async throws -> [Revision] { try await ask("GET", "revisions") }
    package func verify() async throws -> [String] { try await ask("GET", "verify") }

    package func differences(from: String, to: String?) async throws -> [Difference] {
        try await ask("GET", "diff" + query(["from": from, "to": to]))
    }

    package func snapshot(_ name: String?, by authorship: Authorship) async throws -> Int {
        let answer: Made = try await ask("POST", "snapshots", SnapshotRequest(name: name, comment: authorship.comment))
        return answer.revision ?? 0
    }

    package func rollBack(to point: String, _ scope: RollbackScope, by authorship: Authorship) async throws -> Int? {
        let wanted = RollbackRequest(
            point: point, settings: scope.settings, state: scope.state, service: scope.service,
            comment: authorship.comment)
        let answer: Made = try await ask("POST", "rollback", wanted)
        return answer.revision
    }

    package func plan(_ request: ChangeRequest) async throws -> ChangePlan {
        try await ask("POST", "plan", request)
    }

    package func change(_ request: ChangeRequest, by authorship: Authorship) async throws -> ChangeOutcome {
        var request = request
        if request.comment == nil, !authorship.comment.isEmpty { request.comment = authorship.comment }
        return try await ask("POST", "apply", request)
    }

    package func confirm(by authorship: Authorship) async throws -> Int {
        let answer: Made = try await ask("POST", "confirm")
        return answer.revision ?? 0
    }

    package func restart(_ service: String, by authorship: Authorship) async throws {
        struct Restarted: Decodable { var restarted: String }
        let _: Restarted = try await ask("POST", "services/\(escaped(service))/restart")
    }

    package func blame(_ path: String?) async throws -> [Blame] {
        try await ask("GET", "blame" + query(["path": path]))
    }

    package func drift(from description: DescriptionText?) async throws -> [Drift] {
        guard let description else { return try await ask("GET", "drift") }
        return try await ask("POST", "drift", description)
    }

    package func prune(_ request: PruneRequest, by authorship: Authorship) async throws -> Pruning {
        try await ask("POST", "prune", request)
    }

    package func save() async throws {
        struct Saved: Decodable { var saved: Bool }
        let _: Saved = try await ask("POST", "save")
    }

    package func reload(by authorship: Authorship) async throws -> Reloaded { try await ask("POST", "reload") }

    package func upgrade(by authorship: Authorship) async throws -> Upgraded { try await ask("POST", "upgrade") }

    package func tokens() async throws -> [ControlToken] { try await ask("GET", "tokens") }

    package func addToken(_ name: String, _ role: ControlToken.Role) async throws -> String {
        let made: NewToken = try await ask("POST", "tokens", TokenRequest(name: name, role: role))
        return made.token
    }

    package func removeToken(_ name: String) async throws {
        struct Removed: Decodable { var removed: String }
        let _: Removed = try await ask("DELETE", "tokens/\(escaped(name))")
    }

    package func stop() async throws {
        struct Stopping: Decodable { var stopping: Bool }
        let _: Stopping = try await ask("POST", "stop")
    }

    private struct Made: Decodable { var revision: Int? }

    /// The part of an address behind the question mark, with what is there.
    func query(_ values: KeyValuePairs<String, String?>) -> String {
        let parts = values.compactMap { name, value in value.map { "\(name)=\(escaped($0))" } }
        return parts.isEmpty ? "" : "?" + parts.joined(separator: "&")
    }

    /// RFC 3986, section 2.1.
    private func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            let scalar = Unicode.Scalar(byte)
            let isPlain =
                scalar.isASCII
                && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || byte == UInt8(ascii: "-"))
            return isPlain ? String(scalar) : (byte < 16 ? "%0" : "%") + String(byte, radix: 16)
        }.joined()
    }

    func ask<Answer: Decodable>(_ method: String, _ route: String, _ body: some Encodable = Datum.null)
        async throws -> Answer
    {
        let body = try DatumEncoder().encode(body)
        let response = try await exchange(method, "/v1/" + route, body == .null ? "" : JSONWriter.line(body))
        let answer = try answer(response.body ?? ByteBuffer())
        guard response.head.status.code < 400 else { throw try refusal(answer) }
        return try DatumDecoder().decode(Answer.self, from: answer)
    }

    /// What an answer says.
    func answer(_ body: ByteBuffer) throws(RemoteError) -> Datum {
        do throws(SyntaxError) {
            return try JSONReader.read(String(buffer: body)).datum
        } catch {
            throw unreadable(error)
        }
    }

    func unreadable(_ error: SyntaxError) -> RemoteError {
        RemoteError(description: "\(socket): the answer can't be read: \(error)", advice: nil, exitStatus: .software)
    }

    /// The error that an answer tells of.
    func refusal(_ answer: Datum) throws -> RemoteError {
        let problem = try DatumDecoder().decode(Problem.self, from: answer)
        return RemoteError(
            description: problem.detail, advice: problem.advice,
            exitStatus: ExitStatus(rawValue: problem.exitStatus) ?? .software)
    }

    /// Connects; `wrap` makes of the connection what it is read through.
    func connect<Stream: Sendable>(
        _ wrap: @escaping @Sendable (ChannelPipeline.SynchronousOperations, any Channel) throws -> Stream
    ) async throws -> Stream {
        let bootstrap = ClientBootstrap(group: EventLoops.shared)
        let address = SocketAddress(socket)
        defer { withExtendedLifetime(address) {} }
        do {
            return try await bootstrap.connect(unixDomainSocketPath: address.text) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHTTPClientHandlers()
                    return try wrap(pipeline, channel)
                }
            }
        } catch is IOError {
            throw ended
        }
    }

    /// It was there a moment ago.
    private var ended: RemoteError {
        RemoteError(
            description: "\(socket): the application ended before it answered", advice: nil, exitStatus: .unavailable)
    }

    func request(_ method: String, _ uri: String, _ body: String) -> [HTTPClientRequestPart] {
        let headers: HTTPHeaders = [
            "host": "localhost", "connection": "close", "content-type": "application/json",
            "content-length": String(body.utf8.count),
        ]
        let head = HTTPRequestHead(version: .http1_1, method: HTTPMethod(rawValue: method), uri: uri, headers: headers)
        return [.head(head), .body(.byteBuffer(ByteBuffer(string: body))), .end(nil)]
    }

    private func exchange(_ method: String, _ uri: String, _ body: String) async throws -> NIOHTTPClientResponseFull {
        let channel = try await connect { pipeline, channel in
            try pipeline.addHandler(
                NIOHTTPClientResponseAggregator(maxContentLength: RemoteApplication.maximumAnswerBytes))
            return try NIOAsyncChannel<NIOHTTPClientResponseFull, HTTPClientRequestPart>(
                wrappingChannelSynchronously: channel)
        }
        do {
            return try await channel.executeThenClose { inbound, outbound in
                try await outbound.write(contentsOf: request(method, uri, body))
                for try await response in inbound { return response }
                throw ended
            }
        } catch is IOError {
            throw ended
        }
    }
}

/// What a running application answered instead of doing what it was asked.
package struct RemoteError: ReportableError {
    package let description: String
    package let advice: String?
    package let exitStatus: ExitStatus
}
