public import NIOCore

/// Cuts what a client sends into lines, as many protocols have them.
///
/// A line ends with LF, or with CR and LF; neither is in what is handed on. What follows the last end of a line when the client
/// ends its side is a line too, unless it is empty. A line that is too long is an error, ``LineTooLong``, and nothing that comes after
/// it is handed on: the connection should be closed.
public final class LineFraming: ChannelInboundHandler {
    /// What comes, however it is cut.
    public typealias InboundIn = ByteBuffer
    /// A line without its end.
    public typealias InboundOut = ByteBuffer

    private var cutter: LineCutter

    /// Cuts lines with at most so many bytes, 1 at least, without their ends.
    public init(longest: Int) { cutter = LineCutter(longest: longest) }

    /// Hands on the lines that are whole now.
    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        cutter.append(unwrapInboundIn(data))
        do throws(LineTooLong) {
            while let line = try cutter.next() { context.fireChannelRead(wrapInboundOut(line)) }
        } catch {
            context.fireErrorCaught(error)
        }
    }

    /// Hands on the rest when the client has ended its side.
    public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.inputClosed) = event as? ChannelEvent { finish(context) }
        context.fireUserInboundEventTriggered(event)
    }

    /// Hands on the rest when the connection is closed.
    public func channelInactive(context: ChannelHandlerContext) {
        finish(context)
        context.fireChannelInactive()
    }

    private func finish(_ context: ChannelHandlerContext) {
        if let rest = cutter.rest() { context.fireChannelRead(wrapInboundOut(rest)) }
    }
}

/// A line with more bytes than are taken.
public struct LineTooLong: Error, Equatable, CustomStringConvertible {
    /// How many bytes a line can have.
    public let longest: Int

    /// What is wrong, as a sentence without its stop.
    public var description: String { "a line has more than \(longest) bytes" }
}

/// The lines in what has come so far.
///
/// Each byte is looked at once, however small the pieces are that it comes in.
struct LineCutter {
    private let longest: Int
    private var buffer = ByteBuffer()
    /// How many bytes of the buffer are known to have no end of a line in them.
    private var searched = 0
    private var hasFailed = false

    init(longest: Int) { self.longest = max(longest, 1) }

    mutating func append(_ bytes: ByteBuffer) {
        if !hasFailed { buffer.append(bytes) }
    }

    /// The next whole line; nil: more has to come first.
    mutating func next() throws(LineTooLong) -> ByteBuffer? {
        guard !hasFailed else { return nil }
        let end = buffer.readableBytesView.dropFirst(searched).firstIndex(of: UInt8(ascii: "\n"))
        guard let end else {
            searched = buffer.readableBytes
            // One byte more can be the CR of an end that has not come yet.
            if searched > longest + 1 { throw fail() }
            return nil
        }
        let length = end - buffer.readerIndex
        searched = 0
        guard var line = buffer.readSlice(length: length) else { return nil }
        buffer.moveReaderIndex(forwardBy: 1)
        if buffer.readableBytes == 0 { buffer = ByteBuffer() }
        if line.readableBytesView.last == UInt8(ascii: "\r") { line.moveWriterIndex(to: line.writerIndex - 1) }
        guard line.readableBytes <= longest else { throw fail() }
        return line
    }

    /// What came after the last end of a line; nil: nothing did.
    mutating func rest() -> ByteBuffer? {
        defer { (buffer, searched) = (ByteBuffer(), 0) }
        return buffer.readableBytes > 0 && buffer.readableBytes <= longest && !hasFailed ? buffer : nil
    }

    private mutating func fail() -> LineTooLong {
        (hasFailed, buffer, searched) = (true, ByteBuffer(), 0)
        return LineTooLong(longest: longest)
    }
}
