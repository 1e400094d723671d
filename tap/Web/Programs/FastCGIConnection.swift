import NIOCore

/// A connection to a FastCGI server, which one request at a time uses.
///
/// Used on its event loop.
final class FastCGIConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// There is one request for each connection, and this is its number.
    private static let request: UInt16 = 1
    /// The role of a program that answers requests, and the flag to keep the connection (section 5.1).
    private static let responder: UInt16 = 1
    private static let keepFlag: UInt8 = 1

    /// Who is called when the connection is of no more use to a request, and can be kept or is lost.
    private let whenFree: (FastCGIConnection) -> Void
    private let whenLost: (FastCGIConnection) -> Void
    private var context: ChannelHandlerContext?
    private var exchange: FastCGIExchange?
    private var reader = FastCGIReader()
    private var isKept = false
    private var isInputOver = true
    /// Whether it has served before.
    private(set) var isUsed = false
    /// Whether anything has come for this request.
    private(set) var hasAnswered = false
    /// Closes the connection when it was unused for too long.
    var idleTask: Scheduled<Void>?

    /// Whether more is read.
    var isReading = true {
        didSet { if isReading, !oldValue { context?.read() } }
    }

    init(whenFree: @escaping (FastCGIConnection) -> Void, whenLost: @escaping (FastCGIConnection) -> Void) {
        (self.whenFree, self.whenLost) = (whenFree, whenLost)
    }

    /// Whether more is taken at once.
    var isWritable: Bool { context?.channel.isWritable ?? true }

    // MARK: The request

    /// Sends the beginning of a request.
    func begin(_ exchange: FastCGIExchange, _ parameters: ByteBuffer, isKept: Bool) {
        self.exchange = exchange
        self.isKept = isKept
        (isInputOver, hasAnswered, isReading) = (false, false, true)
        var start = ByteBuffer()
        start.writeInteger(FastCGIConnection.responder)
        start.writeInteger(isKept ? FastCGIConnection.keepFlag : 0)
        start.writeRepeatingByte(0, count: 5)
        var bytes = ByteBuffer()
        bytes.writeFastCGI(.beginRequest, FastCGIConnection.request, start)
        bytes.writeFastCGI(.parameters, FastCGIConnection.request, parameters)
        bytes.writeFastCGI(.parameters, FastCGIConnection.request)
        send(bytes)
    }

    /// Sends a piece of the request's body.
    func write(_ content: ByteBuffer) {
        guard content.readableBytes > 0, !isInputOver else { return }
        var bytes = ByteBuffer()
        bytes.writeFastCGI(.input, FastCGIConnection.request, content)
        send(bytes)
    }

    /// The body is complete.
    func endInput() {
        guard !isInputOver else { return }
        isInputOver = true
        var bytes = ByteBuffer()
        bytes.writeFastCGI(.input, FastCGIConnection.request)
        send(bytes)
    }

    private func send(_ bytes: ByteBuffer) { context?.writeAndFlush(NIOAny(bytes), promise: nil) }

    /// Breaks off: nobody wants the answer, and no other request can follow.
    func close() {
        exchange = nil
        context?.close(promise: nil)
    }

    // MARK: The answer

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) { context.read() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        reader.take(FastCGIConnection.unwrapInboundIn(data))
        do throws(ProgramProblem) {
            guard exchange != nil else { throw .brokenRecord("it speaks without being asked") }
            hasAnswered = true
            while let exchange, let record = try reader.next() { try take(record, for: exchange) }
            exchange?.flush()
        } catch {
            let exchange = exchange
            close()
            exchange?.complain(error)
        }
    }

    private func take(_ record: FastCGIRecord, for exchange: FastCGIExchange) throws(ProgramProblem) {
        // What belongs to no request can be left unread, for nothing was asked.
        guard record.request != 0 else { return }
        guard record.request == FastCGIConnection.request else {
            throw .brokenRecord("it answers the request \(record.request), which there is not")
        }
        switch record.kind {
        case .output: try exchange.receiveOutput(record.content)
        case .errors: exchange.receiveErrors(record.content)
        case .endRequest:
            let end = try FastCGIEnd(record.content)
            self.exchange = nil
            becomeFree()
            exchange.ended(end)
        default: throw .brokenRecord("it sends a record of the kind \(record.kind.rawValue)")
        }
    }

    private func becomeFree() {
        guard isKept, isInputOver, reader.isEmpty, context != nil else { return close() }
        isUsed = true
        isReading = true
        whenFree(self)
    }

    func channelReadComplete(context: ChannelHandlerContext) { if isReading { context.read() } }

    func channelWritabilityChanged(context: ChannelHandlerContext) { exchange?.serverWritabilityChanged() }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        idleTask?.cancel()
        whenLost(self)
        let exchange = exchange
        self.exchange = nil
        exchange?.lost(self)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
