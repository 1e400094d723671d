import NIOCore
import TapNetwork

/// Takes messages out of the frames that a client sends (RFC 6455, section 5), and refuses whatever is not exactly as it
/// has to be.
struct WebSocketReader {
    /// What has come.
    enum Event: Equatable {
        case text(String)
        case binary([UInt8])
        case ping([UInt8])
        case pong
        /// The client ends; it may say why.
        case close(code: UInt16?, reason: String)
        /// It breaks the rules: the connection is closed with this code, and nothing more is read.
        case failure(WebSocketClose)
    }

    private struct Header {
        let isFinal: Bool
        let code: UInt8
        let length: Int
        let mask: UInt32
        let bytes: Int
    }

    private let limit: Int
    private var buffer = ByteBuffer()
    private var message: (isText: Bool, bytes: [UInt8])?
    private var isOver = false

    /// A reader that takes messages of so many bytes at most.
    init(limit: Int) { self.limit = limit }

    /// Adds bytes that have come.
    mutating func add(_ bytes: ByteBuffer) {
        guard !isOver else { return }
        buffer.append(bytes)
    }

    /// The next event, or nil when more bytes have to come first.
    mutating func next() -> Event? {
        while !isOver {
            guard let header = header() else { return nil }
            switch header {
            case .failure(let close): return fail(close)
            case .success(let header):
                guard buffer.readableBytes >= header.bytes + header.length else { return nil }
                buffer.moveReaderIndex(forwardBy: header.bytes)
                let payload = unmasked(header)
                if buffer.readableBytes == 0 { buffer = ByteBuffer() }
                if let event = take(header, payload) { return event }
            }
        }
        return nil
    }

    private mutating func fail(_ close: WebSocketClose) -> Event {
        (isOver, buffer, message) = (true, ByteBuffer(), nil)
        return .failure(close)
    }

    // MARK: Frames

    /// What stands before the bytes of a frame; nil when not all of it has come.
    private func header() -> Result<Header, WebSocketClose>? {
        let start = buffer.readerIndex
        guard let first = buffer.getInteger(at: start, as: UInt8.self),
            let second = buffer.getInteger(at: start + 1, as: UInt8.self)
        else { return nil }
        let (isFinal, code, short) = (first & 0x80 != 0, first & 0x0F, Int(second & 0x7F))
        // No extension was agreed on, and clients have to mask (5.2, 5.1).
        guard first & 0x70 == 0, second & 0x80 != 0, [0, 1, 2, 8, 9, 10].contains(code) else {
            return .failure(.protocolError)
        }
        if code >= 8, !isFinal || short > 125 { return .failure(.protocolError) }
        if code == 0 && message == nil || (code == 1 || code == 2) && message != nil { return .failure(.protocolError) }
        var (length, bytes) = (short, 2)
        if short == 126 {
            guard let long = buffer.getInteger(at: start + 2, as: UInt16.self) else { return nil }
            (length, bytes) = (Int(long), 4)
            if length < 126 { return .failure(.protocolError) }
        } else if short == 127 {
            guard let long = buffer.getInteger(at: start + 2, as: UInt64.self) else { return nil }
            guard long > 0xFFFF, let known = Int(exactly: long) else { return .failure(.protocolError) }
            (length, bytes) = (known, 10)
        }
        // Said before the bytes have come, so that no more than a message of the greatest size is ever kept.
        if code < 8, length > limit - (message?.bytes.count ?? 0) { return .failure(.tooBig) }
        guard let mask = buffer.getInteger(at: start + bytes, as: UInt32.self) else { return nil }
        return .success(Header(isFinal: isFinal, code: code, length: length, mask: mask, bytes: bytes + 4))
    }

    private mutating func unmasked(_ header: Header) -> [UInt8] {
        guard var payload = buffer.readBytes(length: header.length) else { return [] }
        let mask = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: header.mask >> UInt32($0)) }
        payload.withUnsafeMutableBufferPointer { bytes in
            for index in bytes.indices { bytes[index] ^= mask[index & 3] }
        }
        return payload
    }

    // MARK: Messages

    private mutating func take(_ header: Header, _ payload: [UInt8]) -> Event? {
        switch header.code {
        case 8: return close(payload)
        case 9: return .ping(payload)
        case 10: return .pong
        default:
            if message == nil {
                message = (header.code == 1, payload)
            } else {
                message?.bytes += payload
            }
            guard header.isFinal, let whole = message else { return nil }
            message = nil
            guard whole.isText else { return .binary(whole.bytes) }
            return String(validating: whole.bytes, as: UTF8.self).map { .text($0) } ?? fail(.notUTF8)
        }
    }

    private mutating func close(_ payload: [UInt8]) -> Event {
        guard !payload.isEmpty else {
            (isOver, buffer) = (true, ByteBuffer())
            return .close(code: nil, reason: "")
        }
        guard payload.count > 1 else { return fail(.protocolError) }
        let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
        guard WebSocketClose.isSendable(code) else { return fail(.protocolError) }
        guard let reason = String(validating: payload[2...], as: UTF8.self) else { return fail(.notUTF8) }
        (isOver, buffer) = (true, ByteBuffer())
        return .close(code: code, reason: reason)
    }
}

/// Why a web socket ends (RFC 6455, 7.4.1).
enum WebSocketClose: UInt16, Error {
    case normal = 1000
    case goingAway = 1001
    case protocolError = 1002
    case abnormal = 1006
    case notUTF8 = 1007
    case policy = 1008
    case tooBig = 1009
    case failed = 1011

    /// Whether a code may be in a frame: those that are registered for that, and those of libraries and programs.
    static func isSendable(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}

/// Frames that a server sends: whole ones, without a mask.
enum WebSocketFrame {
    static let (text, binary, close, ping, pong): (UInt8, UInt8, UInt8, UInt8, UInt8) = (1, 2, 8, 9, 10)

    /// A frame with its bytes.
    static func bytes(_ code: UInt8, _ payload: some Collection<UInt8>) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.reserveCapacity(payload.count + 10)
        bytes.writeInteger(0x80 | code)
        switch payload.count {
        case ...125: bytes.writeInteger(UInt8(payload.count))
        case ...0xFFFF:
            bytes.writeInteger(UInt8(126))
            bytes.writeInteger(UInt16(payload.count))
        default:
            bytes.writeInteger(UInt8(127))
            bytes.writeInteger(UInt64(payload.count))
        }
        bytes.writeBytes(payload)
        return bytes
    }

    /// The frame that ends a connection; a reason that is too long is cut between characters.
    static func close(_ code: UInt16?, _ reason: String = "") -> ByteBuffer {
        guard let code else { return bytes(close, []) }
        var short = ""
        for character in reason {
            guard short.utf8.count + character.utf8.count <= 123 else { break }
            short.append(character)
        }
        return bytes(close, [UInt8(code >> 8), UInt8(truncatingIfNeeded: code)] + Array(short.utf8))
    }
}
