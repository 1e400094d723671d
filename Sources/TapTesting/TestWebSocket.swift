/// A client's end of a web socket (RFC 6455), which sends exactly the frames it is told.
public struct TestWebSocket: Sendable {
    /// A frame of the server.
    public struct Frame: Sendable, Equatable {
        /// What it is: 1 text, 2 bytes, 8 the end, 9 a ping, 10 a pong.
        public let code: UInt8
        /// What it says.
        public let payload: [UInt8]

        /// A frame to compare with.
        public init(code: UInt8, payload: [UInt8]) { (self.code, self.payload) = (code, payload) }

        /// The payload as text.
        public var text: String { String(decoding: payload, as: UTF8.self) }

        /// The number in a frame that ends the connection; nil in others.
        public var closeCode: Int? {
            code == 8 && payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : nil
        }
    }

    /// The connection.
    public let connection: TestConnection

    /// Opens a web socket on a connection that nothing was sent on.
    ///
    /// - Parameters:
    ///   - connection: the connection.
    ///   - target: what is asked for.
    ///   - first: bytes that are sent right behind the request.
    /// - Throws: ``TestFailure`` when the server does not open one.
    public init(_ connection: TestConnection, _ target: String, first: [UInt8] = []) async throws {
        self.connection = connection
        let head = """
            GET \(target) HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r
            Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n
            """
        try await connection.send(Array(head.utf8) + first)
        let answer = try await connection.receive(through: "\r\n\r\n")
        // The key and the answer to it are those of RFC 6455, 1.3.
        guard answer.hasPrefix("HTTP/1.1 101 "),
            answer.lowercased().contains("\r\nsec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=\r\n")
        else { throw TestFailure("no web socket: \(answer)") }
    }

    /// The bytes of a frame as a client sends it.
    ///
    /// - Parameters:
    ///   - code: the first four bits from the right of the first byte.
    ///   - payload: what it says.
    ///   - first: the four bits from the left of the first byte: whether it is the last one of its message, and three that
    ///     have to be 0.
    ///   - isMasked: whether it is masked, which it has to be.
    /// - Returns: the bytes.
    public static func frame(
        _ code: UInt8, _ payload: [UInt8], first: UInt8 = 0x80, isMasked: Bool = true
    ) -> [UInt8] {
        let mask: [UInt8] = isMasked ? [0x12, 0x34, 0x56, 0x78] : []
        var bytes = [first | code]
        let bit: UInt8 = isMasked ? 0x80 : 0
        switch payload.count {
        case ...125: bytes.append(bit | UInt8(payload.count))
        case ...0xFFFF: bytes += [bit | 126] + (0..<2).reversed().map { UInt8(payload.count >> ($0 * 8) & 0xFF) }
        default: bytes += [bit | 127] + (0..<8).reversed().map { UInt8(payload.count >> ($0 * 8) & 0xFF) }
        }
        return bytes + mask + (isMasked ? payload.enumerated().map { $1 ^ mask[$0 % 4] } : payload)
    }

    /// Sends a frame.
    public func send(_ code: UInt8, _ payload: [UInt8], first: UInt8 = 0x80) async throws {
        try await connection.send(Self.frame(code, payload, first: first))
    }

    /// Sends text.
    public func send(_ text: String) async throws { try await send(1, Array(text.utf8)) }

    /// Receives a frame, which has to be whole and without a mask.
    ///
    /// Throws ``TestFailure``.
    public func receive() async throws -> Frame {
        let head = try await connection.receive(count: 2)
        guard head[0] & 0xF0 == 0x80, head[1] < 128 else { throw TestFailure("a server does not send \(head)") }
        var count = Int(head[1])
        if count > 125 {
            let long = try await connection.receive(count: count == 126 ? 2 : 8)
            count = long.reduce(0) { $0 << 8 | Int($1) }
        }
        return Frame(code: head[0] & 0x0F, payload: try await connection.receive(count: count))
    }
}
