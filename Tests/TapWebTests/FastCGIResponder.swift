import NIOCore
import NIOPosix
import Synchronization
import TapTesting

@testable import TapWeb

/// A FastCGI server that answers as it is told.
final class FastCGIResponder: Sendable {
    /// What was asked.
    struct Question: Sendable {
        var parameters: [String: String] = [:]
        var isKept = false
        var body = ByteBuffer()
        /// Which connection it came on, from 1.
        var connection = 0
    }

    /// What is answered.
    struct Reply: Sendable {
        /// Sent one after the other.
        var pieces: [ByteBuffer]
        /// Whether the connection is closed behind it.
        var closes = false
        /// Whether the answer does not wait for the end of the request's body.
        var isEarly = false

        /// Records as they should be.
        static func good(_ output: String, errors: String = "") -> Reply {
            var bytes = ByteBuffer()
            if !errors.isEmpty { bytes.writeFastCGI(.errors, 1, ByteBuffer(string: errors)) }
            bytes.writeFastCGI(.output, 1, ByteBuffer(string: output))
            bytes.writeFastCGI(.output, 1)
            bytes.writeFastCGI(.endRequest, 1, ByteBuffer(repeating: 0, count: 8))
            return Reply(pieces: [bytes])
        }

        /// Bytes as they should not be.
        static func bad(_ bytes: [UInt8]) -> Reply { Reply(pieces: [ByteBuffer(bytes: bytes)]) }
    }

    private let channel: any Channel
    private let shared = Shared()

    /// Listens on a unix socket.
    init(_ path: String, answer: @escaping @Sendable (Question) -> Reply?) async throws {
        let shared = shared
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Conversation(shared, answer))
                }
            }
            .bind(unixDomainSocketPath: path).get()
    }

    /// All that was asked.
    var questions: [Question] { shared.state.withLock { $0.questions } }

    /// How many connections there are.
    var open: Int { shared.state.withLock { $0.open } }

    func stop() async throws { try await channel.close() }

    private final class Shared: Sendable {
        struct State {
            var connections = 0
            var open = 0
            var questions: [Question] = []
        }
        let state = Mutex(State())
    }

    private final class Conversation: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let shared: Shared
        private let answer: @Sendable (Question) -> Reply?
        private var reader = FastCGIReader()
        private var question = Question()
        private var parameters = ByteBuffer()
        private var number = 0
        private var hasAnswered = false

        init(_ shared: Shared, _ answer: @escaping @Sendable (Question) -> Reply?) {
            (self.shared, self.answer) = (shared, answer)
        }

        func channelActive(context: ChannelHandlerContext) {
            number = shared.state.withLock { state in
                state.connections += 1
                state.open += 1
                return state.connections
            }
        }

        func channelInactive(context: ChannelHandlerContext) { shared.state.withLock { $0.open -= 1 } }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            reader.take(Conversation.unwrapInboundIn(data))
            while let record = try? reader.next() { take(record, context) }
        }

        private func take(_ record: FastCGIRecord, _ context: ChannelHandlerContext) {
            var content = record.content
            switch record.kind {
            case .beginRequest:
                question = Question(
                    isKept: content.getInteger(at: content.readerIndex + 2, as: UInt8.self) == 1, connection: number)
                (parameters, hasAnswered) = (ByteBuffer(), false)
            case .parameters where content.readableBytes > 0: parameters.writeBuffer(&content)
            case .parameters:
                question.parameters = Conversation.pairs(parameters)
                reply(context, isEnd: false)
            case .input where content.readableBytes > 0: question.body.writeBuffer(&content)
            case .input: reply(context, isEnd: true)
            default: return
            }
        }

        private func reply(_ context: ChannelHandlerContext, isEnd: Bool) {
            guard !hasAnswered else { return }
            let reply = answer(question)
            guard isEnd || reply?.isEarly == true else { return }
            hasAnswered = true
            let question = question
            shared.state.withLock { $0.questions.append(question) }
            guard let reply else { return }
            for piece in reply.pieces { context.writeAndFlush(NIOAny(piece), promise: nil) }
            if reply.closes { context.close(promise: nil) }
        }

        private static func pairs(_ bytes: ByteBuffer) -> [String: String] {
            var bytes = bytes
            var pairs: [String: String] = [:]
            func length() -> Int? {
                guard let first: UInt8 = bytes.getInteger(at: bytes.readerIndex) else { return nil }
                if first < 128 { return bytes.readInteger(as: UInt8.self).map(Int.init) }
                return bytes.readInteger(as: UInt32.self).map { Int($0 & 0x7FFF_FFFF) }
            }
            while let name = length(), let value = length(), let key = bytes.readString(length: name),
                let text = bytes.readString(length: value)
            { pairs[key] = text }
            return pairs
        }
    }
}
