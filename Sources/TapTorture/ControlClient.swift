import Glibc
import TapData

/// A client of the HTTP API with one connection that is kept.
///
/// It speaks just enough HTTP/1.1 (RFC 9112): every answer has a content-length.
final class ControlClient {
    struct Answer {
        var status: Int
        /// The revision in `ETag`.
        var revision: Int?
        var body: Datum
    }

    private let socket: CInt
    private var received: [UInt8] = []

    /// Connects to a unix socket.
    ///
    /// Throws ``TortureError``.
    init(_ path: String) throws {
        socket = Glibc.socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        guard code == 0 else { throw TortureError("\(path): cannot connect: error \(errno)") }
    }

    deinit { close(socket) }

    /// Asks and waits for the answer.
    ///
    /// Throws ``TortureError`` when there is none, or what is read is no answer.
    func ask(_ method: String, _ route: String, ifMatch: Int? = nil, _ body: Datum? = nil) throws -> Answer {
        let text = body.map { JSONWriter.line($0) } ?? ""
        let condition = ifMatch.map { "if-match: \"\($0)\"\r\n" } ?? ""
        let head =
            "\(method) /v1/\(route) HTTP/1.1\r\nhost: localhost\r\n\(condition)content-length: \(text.utf8.count)\r\n\r\n"
        let bytes = Array((head + text).utf8)
        guard send(socket, bytes, bytes.count, CInt(MSG_NOSIGNAL)) == bytes.count else {
            throw TortureError("the request can't be sent: error \(errno)")
        }
        return try answer()
    }

    private func answer() throws -> Answer {
        let end = Array("\r\n\r\n".utf8)
        var place = 0
        while !received.dropFirst(place).starts(with: end) {
            if place + end.count <= received.count { place += 1 } else { try fill() }
        }
        let lines = String(decoding: received[..<place], as: UTF8.self).split(separator: "\r\n")
        func field(_ name: String) -> Int? {
            let line = lines.first { $0.lowercased().hasPrefix(name + ":") }
            return line.flatMap { Int($0.dropFirst(name.utf8.count + 1).filter { $0.isNumber }) }
        }
        guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }),
            let length = field("content-length")
        else { throw TortureError("this is no answer: \(lines)") }
        while received.count < place + end.count + length { try fill() }
        let body = received[(place + end.count)..<(place + end.count + length)]
        let datum = try JSONReader.read(String(decoding: body, as: UTF8.self)).datum
        received.removeFirst(place + end.count + length)
        return Answer(status: status, revision: field("etag"), body: datum)
    }

    private func fill() throws {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = recv(socket, &buffer, buffer.count, 0)
        guard count > 0 else { throw TortureError("the connection ended before the answer: error \(errno)") }
        received += buffer[..<count]
    }
}
