import NIOCore
import NIOHTTP1

/// The head of a program's answer (RFC 3875, 6.2 and 6.3), as what the client gets.
struct ProgramHead {
    /// Fields that belong to the connection, and are not a program's to set (RFC 9110, 7.6.1).
    private static let dropped: Set<String> = [
        "connection", "keep-alive", "proxy-connection", "server", "te", "trailer", "transfer-encoding", "upgrade",
    ]
    /// Fields that mean something to us, and may stand there once.
    private static let single: Set<String> = ["content-length", "content-type", "location", "status"]

    private var status: HTTPResponseStatus?
    private var fields: [(name: String, value: String)] = []
    private var seen: Set<String> = []
    private(set) var contentLength: Int64?

    init() {}

    /// Takes a line without its end.
    mutating func take(_ line: some BidirectionalCollection<UInt8>) throws(ProgramProblem) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
            line[..<colon].allSatisfy({ ByteSet.token.contains($0) }),
            line[colon...].allSatisfy({ ByteSet.fieldValue.contains($0) })
        else { throw .malformedLine }
        let name = String(decoding: line[..<colon], as: UTF8.self)
        let value = String(String(decoding: line[line.index(after: colon)...], as: UTF8.self).trimmingSpaces)
        let lowered = name.lowercased()
        if ProgramHead.single.contains(lowered), !seen.insert(lowered).inserted { throw .repeatedField(name) }
        switch lowered {
        case "status":
            status = try ProgramHead.status(value)
            return
        case "content-length":
            guard (1...18).contains(value.utf8.count), value.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                throw .malformedField(name)
            }
            contentLength = Int64(value)
        case "location", "content-type":
            if value.isEmpty { throw .malformedField(name) }
        // Messages to us that we do not know (RFC 3875, 6.3.5).
        case _ where lowered.hasPrefix("x-cgi-") || ProgramHead.dropped.contains(lowered): return
        default: break
        }
        fields.append((name, value))
    }

    /// Three digits, and after a space words that clients do not get to see.
    private static func status(_ value: String) throws(ProgramProblem) -> HTTPResponseStatus {
        let digits = value.prefix { $0 != " " }
        guard digits.utf8.count == 3, let code = UInt(digits), (200...599).contains(code) else {
            throw .malformedField("Status")
        }
        return HTTPResponseStatus(statusCode: Int(code))
    }

    /// What is sent.
    ///
    /// One of three fields has to be there (RFC 3875, 6.3). A `Location` without a status is a redirect, to a path of
    /// ours as well as to elsewhere.
    func response() throws(ProgramProblem) -> ResponseHead {
        guard !seen.isDisjoint(with: ["content-type", "location", "status"]) else { throw .noField }
        let status = status ?? (seen.contains("location") ? .found : .ok)
        let sent = status == .noContent ? fields.filter { $0.name.lowercased() != "content-length" } : fields
        return ResponseHead(status, fields: [("Server", "taproom")] + sent)
    }
}

/// Finds the head in what a program writes.
///
/// Lines end with a line feed, which a carriage return may stand before.
struct ProgramHeadReader {
    static let maximumBytes = 64 << 10

    private var bytes = ByteBuffer()
    private var head = ProgramHead()
    private var count = 0

    /// Takes what was written.
    ///
    /// - Parameter piece: the bytes.
    /// - Returns: once the head is complete, the head and what follows it; nil until then.
    /// - Throws: what is wrong with it.
    mutating func take(_ piece: ByteBuffer) throws(ProgramProblem) -> (head: ProgramHead, rest: ByteBuffer)? {
        var piece = piece
        // Only the unfinished line is kept.
        bytes.writeBuffer(&piece)
        while let end = bytes.readableBytesView.firstIndex(of: 0x0A) {
            let view = bytes.readableBytesView
            count += end + 1 - view.startIndex
            guard count <= ProgramHeadReader.maximumBytes else { throw .headTooLong }
            var line = view[view.startIndex..<end]
            if line.last == 0x0D { line = line.dropLast() }
            if line.isEmpty {
                bytes.moveReaderIndex(to: end + 1)
                return (head, bytes.slice())
            }
            try head.take(line)
            bytes.moveReaderIndex(to: end + 1)
        }
        guard count + bytes.readableBytes <= ProgramHeadReader.maximumBytes else { throw .headTooLong }
        return nil
    }
}
