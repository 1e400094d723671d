import Crypto
import NIOHTTP1
import TapData

/// How a connection becomes a web socket (RFC 6455, section 4.2).
enum WebSocketHandshake {
    /// What is behind the key of the client in the digest that it expects.
    private static let identifier = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

    /// How a request is refused that does not ask for one; nil: it does.
    ///
    /// What is sent with 426 tells a client what would do. Fields about the connection are not allowed in HTTP/2.
    static func refusal(of request: Request) -> ResponseHead? {
        let isAsking =
            request.fields.asksForUpgrade && request.version.major == 1
            && tokens(request, "upgrade").contains("websocket")
        guard isAsking, request.lines.values("sec-websocket-version") == ["13"] else {
            let head = ResponseHead(.upgradeRequired).with("Sec-WebSocket-Version", "13")
            return request.version.major == 1 ? head.with("Upgrade", "websocket") : head
        }
        return key(of: request) == nil || request.hasBody ? ResponseHead(.badRequest) : nil
    }

    /// The head that a client waits for; nil when its key is none.
    static func head(for request: Request) -> ResponseHead? {
        guard let key = key(of: request) else { return nil }
        let digest = Insecure.SHA1.hash(data: Array((key + identifier).utf8))
        return ResponseHead(.switchingProtocols, fields: [("Server", "taproom")])
            .with("Upgrade", "websocket").with("Sec-WebSocket-Accept", Base64.encode(Array(digest)))
    }

    /// Sixteen bytes in base64.
    private static func key(of request: Request) -> String? {
        let values = request.lines.values("sec-websocket-key")
        guard values.count == 1, Base64.decode(values[0])?.count == 16 else { return nil }
        return values[0]
    }

    private static func tokens(_ request: Request, _ name: String) -> [String] {
        (request.lines.list(name) ?? "").split(separator: ",").map { $0.trimmingSpaces.lowercased() }
    }
}
