import NIOCore
import NIOPosix
import TapFile
import Taproom

/// Serves the rows of a table by as much of Redis's protocol as redis-benchmark needs: SET, GET, PING.
///
/// With durability `always` a SET is answered when it is on disk. Serves until the process is ended.
func serve(_ path: String, isDurable: Bool, port: Int) async throws {
    try await withService(of: path) { context, _ in
        let answer: @Sendable ([String]) async throws -> String
        if isDurable {
            let table = context.open(Tables.served)
            answer = answering(get: table.value, set: table.set)
        } else {
            let table = context.open(Tables.servedLate)
            answer = answering(get: table.value, set: { table.set($0, for: $1) })
        }
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup(numberOfThreads: 1))
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(RequestHandler(answer))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        report("serving", port)
        try await server.closeFuture.get()
    }
}

private func answering(
    get: @escaping @Sendable (String) async throws -> String?,
    set: @escaping @Sendable (String?, String) async throws -> Void
) -> @Sendable ([String]) async throws -> String {
    { words in
        switch (words.first?.uppercased(), words.count) {
        case ("PING", 1): return "+PONG\r\n"
        case ("SET", 3):
            try await set(words[2], words[1])
            return "+OK\r\n"
        case ("GET", 2):
            guard let value = try await get(words[1]) else { return "$-1\r\n" }
            return "$\(value.utf8.count)\r\n\(value)\r\n"
        default: return "-ERR unknown command\r\n"
        }
    }
}

/// Answers the requests of one connection in their order.
private final class RequestHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let answer: @Sendable ([String]) async throws -> String
    private var received = ByteBuffer()
    private var waiting: [[String]] = []
    private var isAnswering = false

    init(_ answer: @escaping @Sendable ([String]) async throws -> String) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var data = unwrapInboundIn(data)
        received.writeBuffer(&data)
        while let request = request() { waiting.append(request) }
        received.discardReadBytes()
        answerWaiting(context)
    }

    private func answerWaiting(_ context: ChannelHandlerContext) {
        guard !isAnswering, !waiting.isEmpty else { return }
        isAnswering = true
        let requests = waiting
        waiting = []
        let channel = context.channel
        let this = NIOLoopBound(self, eventLoop: context.eventLoop)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        Task { [answer] in
            var text = ""
            do {
                for request in requests { text += try await answer(request) }
            } catch {
                text += "-ERR \(error)\r\n"
            }
            let answers = ByteBuffer(string: text)
            channel.eventLoop.execute {
                channel.writeAndFlush(answers, promise: nil)
                this.value.isAnswering = false
                this.value.answerWaiting(bound.value)
            }
        }
    }

    /// The next request that is complete: an array of bulk strings, or words in a line (Redis serialization protocol).
    private func request() -> [String]? {
        let start = received.readerIndex
        guard let line = line() else { return nil }
        guard line.first == UInt8(ascii: "*"), let count = Int(String(decoding: line.dropFirst(), as: UTF8.self)) else {
            return String(decoding: line, as: UTF8.self).split(separator: " ").map(String.init)
        }
        var words: [String] = []
        for _ in 0..<count {
            guard let header = self.line(), let size = Int(String(decoding: header.dropFirst(), as: UTF8.self)),
                let word = received.readString(length: size), received.readBytes(length: 2) != nil
            else {
                received.moveReaderIndex(to: start)
                return nil
            }
            words.append(word)
        }
        return words
    }

    private func line() -> [UInt8]? {
        guard let end = received.readableBytesView.firstIndex(of: UInt8(ascii: "\r")),
            received.writerIndex >= end + 2
        else { return nil }
        defer { received.moveReaderIndex(forwardBy: 2) }
        return received.readBytes(length: end - received.readerIndex)
    }
}
