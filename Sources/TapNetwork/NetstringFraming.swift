public import NIOCore

/// Reads and writes netstrings, such as `5:hello,`.
///
/// The form is that of Bernstein's "Netstrings" (1997). The length has digits only and no zeros in front. What breaks the form, or is longer than allowed, is an error,
/// ``NetstringError``, before any of it is kept, and nothing that comes after it is handed on: the connection should be closed.
public final class NetstringFraming: ChannelDuplexHandler {
    /// What comes, however it is cut.
    public typealias InboundIn = ByteBuffer
    /// The bytes of one netstring.
    public typealias InboundOut = ByteBuffer
    /// The bytes of one netstring.
    public typealias OutboundIn = ByteBuffer
    /// The netstring.
    public typealias OutboundOut = ByteBuffer

    private let longest: Int
    private var buffer = ByteBuffer()
    /// How many bytes the netstring has whose length was read; nil: the length comes next.
    private var length: Int?
    private var hasFailed = false

    /// Takes netstrings with at most so many bytes, from 0 to 2,147,483,647.
    public init(longest: Int) { self.longest = min(max(longest, 0), Int(Int32.max)) }

    /// Hands on the netstrings that are whole now.
    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasFailed else { return }
        buffer.append(unwrapInboundIn(data))
        do throws(NetstringError) {
            while let string = try next() { context.fireChannelRead(wrapInboundOut(string)) }
        } catch {
            (hasFailed, buffer) = (true, ByteBuffer())
            context.fireErrorCaught(error)
        }
    }

    /// Sends the bytes as a netstring.
    public func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        var bytes = unwrapOutboundIn(data)
        var framed = context.channel.allocator.buffer(capacity: bytes.readableBytes + 22)
        framed.writeString("\(bytes.readableBytes):")
        framed.writeBuffer(&bytes)
        framed.writeInteger(UInt8(ascii: ","))
        context.write(wrapOutboundOut(framed), promise: promise)
    }

    private func next() throws(NetstringError) -> ByteBuffer? {
        if length == nil { length = try readLength() }
        guard let count = length, buffer.readableBytes > count, let string = buffer.readSlice(length: count) else {
            return nil
        }
        guard buffer.readInteger(as: UInt8.self) == UInt8(ascii: ",") else { throw .noComma }
        length = nil
        if buffer.readableBytes == 0 { buffer = ByteBuffer() }
        return string
    }

    /// The length in front of the colon; nil: the colon has not come yet.
    private func readLength() throws(NetstringError) -> Int? {
        var length = 0
        for (place, byte) in buffer.readableBytesView.enumerated() {
            switch byte {
            case UInt8(ascii: ":") where place > 0:
                buffer.moveReaderIndex(forwardBy: place + 1)
                return length
            case UInt8(ascii: "0")...UInt8(ascii: "9") where place == 0 || length > 0:
                // The limit also keeps the number far from where it would not fit.
                length = length * 10 + Int(byte - UInt8(ascii: "0"))
                guard length <= longest else { throw .tooLong(longest: longest) }
            default: throw .noLength
            }
        }
        return nil
    }
}

/// What is no netstring.
public enum NetstringError: Error, Equatable, CustomStringConvertible {
    /// It does not begin with a length and a colon.
    case noLength
    /// It does not end with a comma.
    case noComma
    /// It is longer than is taken, in bytes.
    case tooLong(longest: Int)

    /// What is wrong, as a sentence without its stop.
    public var description: String {
        switch self {
        case .noLength: "a netstring must begin with its length and a colon"
        case .noComma: "a netstring must end with a comma"
        case .tooLong(let longest): "a netstring has more than \(longest) bytes"
        }
    }
}
