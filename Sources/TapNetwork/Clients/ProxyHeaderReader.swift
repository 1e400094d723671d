import NIOCore

/// Reads the header that tells who the client is (The PROXY protocol, versions 1 & 2, 2.1 and 2.2).
///
/// It is strict: who writes it is a program that others trust, and what it gets wrong nobody should guess.
enum ProxyHeaderReader {
    /// What has come.
    enum Outcome: Equatable {
        /// More bytes have to come first.
        case incomplete
        case malformed
        /// The header, with so many bytes.
        case header(ToldClient, bytes: Int)
    }

    /// The longest line of version 1 with its end.
    private static let maximumLineBytes = 107
    /// The longest header of version 2 that is read; what can stand behind the addresses is not needed here.
    private static let maximumBytes = 4096
    private static let lineStart = Array("PROXY ".utf8)
    /// The twelve bytes that version 2 begins with.
    private static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]

    /// Reads it from the beginning of what has come.
    static func read(_ buffer: ByteBuffer) -> Outcome {
        let bytes = buffer.readableBytesView
        guard let first = bytes.first else { return .incomplete }
        let start = first == signature[0] ? signature : lineStart
        guard bytes.prefix(start.count).elementsEqual(start.prefix(bytes.count)) else { return .malformed }
        guard bytes.count > start.count else { return .incomplete }
        return start == signature ? second(buffer) : line(bytes)
    }

    // MARK: Version 1

    private static func line(_ bytes: ByteBufferView) -> Outcome {
        let known = bytes.prefix(maximumLineBytes)
        guard let end = known.firstIndex(of: 0x0A) else {
            return known.count < maximumLineBytes ? .incomplete : .malformed
        }
        let text = known[..<end].dropFirst(lineStart.count)
        guard text.last == 0x0D, text.dropLast().allSatisfy({ (0x20...0x7E).contains($0) }) else { return .malformed }
        let words = String(decoding: text.dropLast(), as: UTF8.self).split(
            separator: " ", omittingEmptySubsequences: false)
        let count = end - bytes.startIndex + 1
        // What stands behind this word is to be overlooked.
        if words[0] == "UNKNOWN" { return .header(.unknown, bytes: count) }
        guard words.count == 5, let size = ["TCP4": 4, "TCP6": 16][words[0]],
            let source = Network.bytes(String(words[1])), source.count == size,
            let destination = Network.bytes(String(words[2])), destination.count == size,
            let sourcePort = port(words[3]), let port = port(words[4]),
            let address = try? SocketAddress(packedIPAddress: ByteBuffer(bytes: source), port: sourcePort)
        else { return .malformed }
        return .header(ToldClient(address: address, port: port), bytes: count)
    }

    private static func port(_ text: Substring) -> Int? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), text == "0" || !text.hasPrefix("0") else {
            return nil
        }
        return UInt16(text).map(Int.init)
    }

    // MARK: Version 2

    private static func second(_ buffer: ByteBuffer) -> Outcome {
        var rest = buffer
        rest.moveReaderIndex(forwardBy: signature.count)
        guard let version = rest.readInteger(as: UInt8.self) else { return .incomplete }
        guard version == 0x20 || version == 0x21 else { return .malformed }
        guard let family = rest.readInteger(as: UInt8.self), let length = rest.readInteger(as: UInt16.self) else {
            return .incomplete
        }
        let total = signature.count + 4 + Int(length)
        guard total <= maximumBytes else { return .malformed }
        guard var body = rest.readSlice(length: Int(length)) else { return .incomplete }
        guard version == 0x21 else { return .header(.unknown, bytes: total) }
        let told: ToldClient?
        switch family {
        case 0x00: told = .unknown
        case 0x11: told = addresses(&body, size: 4)
        case 0x21: told = addresses(&body, size: 16)
        // Two paths of unix sockets: the client has no address, which must not open what is closed to addresses.
        case 0x31: told = body.readSlice(length: 216).map { _ in .unknown }
        default: told = nil
        }
        guard let told, family == 0 || isList(body) else { return .malformed }
        return .header(told, bytes: total)
    }

    private static func addresses(_ body: inout ByteBuffer, size: Int) -> ToldClient? {
        guard let source = body.readSlice(length: size), body.readSlice(length: size) != nil,
            let sourcePort = body.readInteger(as: UInt16.self), let port = body.readInteger(as: UInt16.self),
            let address = try? SocketAddress(packedIPAddress: source, port: Int(sourcePort))
        else { return nil }
        return ToldClient(address: address, port: Int(port))
    }

    /// Whether bytes are a list of types, lengths and values (2.2.1), none of which matters here.
    private static func isList(_ bytes: ByteBuffer) -> Bool {
        var rest = bytes
        while rest.readableBytes > 0 {
            guard rest.readInteger(as: UInt8.self) != nil, let length = rest.readInteger(as: UInt16.self),
                rest.readSlice(length: Int(length)) != nil
            else { return false }
        }
        return true
    }
}
