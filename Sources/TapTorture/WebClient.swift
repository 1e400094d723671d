import Glibc

/// One connection of a client to a web server on this machine.
///
/// It speaks just enough HTTP/1.1 (RFC 9112): every answer has a content-length.
final class WebClient {
    /// How a client can fail to get its answer.
    enum Failure: String, Error {
        case refused
        /// Reset before the answer had begun.
        case reset
        /// Ended before the answer had begun.
        case ended
        case cutOff = "cut off"
        case timedOut = "timed out"
        case wrong = "answered with something else"
    }

    struct Answer {
        var mediaType: String
        var body: [UInt8]
    }

    /// How long the server may take for anything.
    static let patience = 10

    private let socket: CInt

    /// Connects.
    init(port: UInt16) throws(Failure) {
        socket = Loopback.connect(port)
        guard socket >= 0 else { throw .refused }
        var limit = timeval(tv_sec: WebClient.patience, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(socket) }

    /// Asks for a file and reads the answer; the connection ends with it unless it is kept.
    func get(_ path: String, isKept: Bool) throws(Failure) -> Answer {
        let connection = isKept ? "" : "Connection: close\r\n"
        let request = Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\(connection)\r\n".utf8)
        // When this fails, so does reading, and says why.
        _ = send(socket, request, request.count, CInt(MSG_NOSIGNAL))
        var received: [UInt8] = []
        var head: Head?
        while true {
            let count = withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 1) { space in
                let count = recv(socket, space.baseAddress, space.count, 0)
                if count > 0 { received += space[..<count] }
                return count
            }
            if count < 0, errno == EINTR { continue }
            if count < 0 { throw errno == EAGAIN ? .timedOut : received.isEmpty ? .reset : .cutOff }
            head = head ?? Head(received)
            let isWhole = head.map { received.count >= $0.size + $0.bodySize } ?? false
            if count == 0 || isWhole && isKept {
                guard let head, isWhole else { throw received.isEmpty ? .ended : .cutOff }
                guard head.isGood, received.count == head.size + head.bodySize else { throw .wrong }
                return Answer(mediaType: head.mediaType, body: Array(received[head.size...]))
            }
        }
    }

    /// The head of an answer that has come as a whole.
    private struct Head {
        let size: Int
        let isGood: Bool
        var bodySize = 0
        var mediaType = ""

        init?(_ received: [UInt8]) {
            let end = Array("\r\n\r\n".utf8)
            guard let place = received.indices.first(where: { received[$0...].starts(with: end) }) else { return nil }
            size = place + end.count
            let lines = String(decoding: received[..<place], as: UTF8.self).split(separator: "\r\n")
            isGood = lines.first?.hasPrefix("HTTP/1.1 200 ") ?? false
            for line in lines.dropFirst() {
                let parts = line.split(separator: ": ", maxSplits: 1)
                guard parts.count == 2 else { continue }
                switch parts[0].lowercased() {
                case "content-length": bodySize = Int(parts[1]) ?? 0
                case "content-type": mediaType = String(parts[1])
                default: break
                }
            }
        }
    }
}
