import CTapSystem
import Glibc
import Synchronization
import TapData
import Taproom

/// What the two programs of a hand-over talk over: a socket, a message a line, as JSON.
///
/// Everything here waits, and is for threads that may.
final class HandoverChannel: Sendable {
    /// More than any message has, in bytes.
    private static let maximumBytes = 16 << 20

    let descriptor: CInt
    private let rest = Mutex<[UInt8]>([])

    init(descriptor: CInt) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Two ends that are connected.
    static func pair() throws(SystemCallError) -> (HandoverChannel, HandoverChannel) {
        var ends: [CInt] = [-1, -1]
        guard tap_socket_pair(&ends) == 0 else { throw SystemCallError("make a pair of sockets") }
        return (HandoverChannel(descriptor: ends[0]), HandoverChannel(descriptor: ends[1]))
    }

    /// Sends a message.
    ///
    /// Throws ``SystemCallError`` when the other end is gone.
    func send(_ message: some Encodable) throws {
        var rest = Array((JSONWriter.line(try DatumEncoder().encode(message)) + "\n").utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw SystemCallError("send a message to the other program") }
            rest = rest.dropFirst(count)
        }
    }

    /// Waits for a message.
    ///
    /// Answers nil when the other end is closed. Throws ``TimeIsUp``, ``SystemCallError``, and for a message that is none.
    func receive<Message: Decodable>(_ type: Message.Type, within limit: Duration) throws -> Message? {
        let deadline = ContinuousClock.now + limit
        var line = rest.withLock { $0 }
        while !line.contains(UInt8(ascii: "\n")) {
            guard line.count <= HandoverChannel.maximumBytes else {
                throw SystemCallError("read a message", code: EMSGSIZE)
            }
            let left = max(.zero, deadline - .now).components
            var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(
                &event, 1, CInt(clamping: left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000 + 1))
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else { throw TimeIsUp() }
            var buffer = [UInt8](repeating: 0, count: 65536)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return nil }
            line += buffer[..<count]
        }
        let end = line.firstIndex(of: UInt8(ascii: "\n")) ?? line.endIndex
        rest.withLock { $0 = Array(line[line.index(after: end)...]) }
        let text = String(decoding: line[..<end], as: UTF8.self)
        return try DatumDecoder().decode(Message.self, from: JSONReader.read(text).datum)
    }

    struct TimeIsUp: Error {}
}
