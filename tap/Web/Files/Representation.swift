import NIOCore
import NIOHTTP1

/// One version of a file with everything that responses say about it.
final class Representation {
    /// Where the bytes come from.
    enum Content {
        case memory(ByteBuffer)
        case file(OpenFile)
    }

    let facts: FileFacts
    let content: Content
    /// How the content is compressed; nil: not at all.
    let coding: ContentCoding?
    /// How many bytes the content has.
    private let size: Int64
    private let mediaType: String
    private let entityTag: String
    private let lastModified: String
    /// Fields that every response with it has.
    private let extra: [(name: String, value: String)]
    /// The response to a plain GET: its head and its body.
    private let whole: Response
    private let wholeWithoutBody: Response

    /// Describes a file.
    ///
    /// - Parameters:
    ///   - facts: those of the file that the content comes from.
    ///   - mediaType: what the content is when it is not compressed.
    ///   - content: the bytes.
    ///   - coding: how they are compressed.
    ///   - isMade: whether they were compressed here, so that others are in the file.
    ///   - now: the time in seconds since 1970; a file from the future counts as changed just now.
    ///   - extra: fields that every response with it has.
    init(
        _ facts: FileFacts, mediaType: String, content: Content, coding: ContentCoding? = nil, isMade: Bool = false,
        now: Int64, extra: [(name: String, value: String)] = []
    ) {
        (self.facts, self.content, self.coding) = (facts, content, coding)
        (self.mediaType, self.extra) = (mediaType, extra)
        switch content {
        case .memory(let bytes): size = Int64(bytes.readableBytes)
        case .file: size = facts.size
        }
        entityTag = isMade ? Representation.tag(facts, coding) : facts.entityTag
        lastModified = HTTPDate.text(min(facts.modified, now))
        let head = Representation.head(mediaType, coding)
            .with("Content-Length", "\(size)")
            .with("Last-Modified", lastModified)
            .with("ETag", entityTag)
            .with("Accept-Ranges", "bytes")
            .with(extra)
        wholeWithoutBody = Response(head)
        whole = Response(head, body: Representation.pieces(content, 0..<size))
    }

    /// The head of a response that is compressed while it is sent, so that nobody knows how long it gets.
    var streamedHead: ResponseHead {
        Representation.head(mediaType, coding).with("Last-Modified", lastModified).with("ETag", entityTag).with(extra)
    }

    private static func head(_ mediaType: String, _ coding: ContentCoding?) -> ResponseHead {
        let head = ResponseHead(.ok).with("Content-Type", mediaType)
        return coding.map { head.with("Content-Encoding", $0.rawValue) } ?? head
    }

    /// The tag of what is made of a file: other bytes need another.
    private static func tag(_ facts: FileFacts, _ coding: ContentCoding?) -> String {
        facts.entityTag.dropLast() + (coding.map { "-\($0.rawValue)" } ?? "") + "\""
    }

    /// The same file compressed here: the bytes, or nothing yet.
    func encoded(_ coding: ContentCoding, _ bytes: ByteBuffer? = nil, now: Int64 = .max) -> Representation {
        Representation(
            facts, mediaType: mediaType, content: bytes.map(Content.memory) ?? content, coding: coding, isMade: true,
            now: now, extra: extra)
    }

    /// The bytes of memory that the file takes when it is kept.
    var memoryBytes: Int {
        guard case .memory(let bytes) = content else { return 0 }
        return bytes.readableBytes + whole.headBytes.readableBytes
    }

    /// The response to a GET that gets something else than the whole file, or nil.
    func conditionalResponse(to fields: RequestFields) -> Response? {
        guard fields.isConditional else { return nil }
        let response = response(to: fields, isHead: false)
        return response.status == .ok ? nil : response
    }

    /// What to answer to GET or HEAD.
    func response(to fields: RequestFields, isHead: Bool) -> Response {
        guard fields.isConditional else { return isHead ? wholeWithoutBody : whole }
        switch Conditions(entityTag: entityTag, modified: facts.modified).evaluate(fields) {
        case .failed:
            return .failure(.preconditionFailed, head: ResponseHead(.preconditionFailed).with(extra), isHead: isHead)
        case .notModified:
            let head = ResponseHead(.notModified).with("Last-Modified", lastModified).with("ETag", entityTag).with(
                extra)
            return Response(head)
        case .send(let rangeCounts):
            guard rangeCounts, !isHead, let range = fields.range else { return isHead ? wholeWithoutBody : whole }
            return partial(ByteRanges(range, size: size))
        }
    }

    private func partial(_ ranges: ByteRanges) -> Response {
        switch ranges {
        case .ignored: return whole
        case .unsatisfiable:
            let status = HTTPResponseStatus.rangeNotSatisfiable
            return .failure(status, head: ResponseHead(status).with("Content-Range", "bytes */\(size)").with(extra))
        case .ranges(let ranges) where ranges.count == 1:
            let head = partialHead()
                .with("Content-Type", mediaType)
                .with("Content-Range", contentRange(ranges[0]))
                .with("Content-Length", "\(ranges[0].count)")
            return Response(head, body: Representation.pieces(content, ranges[0]))
        case .ranges(let ranges): return multipart(ranges)
        }
    }

    private func multipart(_ ranges: [Range<Int64>]) -> Response {
        let boundary =
            String(UInt64.random(in: .min ... .max), radix: 36) + String(UInt64.random(in: .min ... .max), radix: 36)
        var body: [Response.Piece] = []
        for range in ranges {
            let start = body.isEmpty ? "" : "\r\n"
            let head = "--\(boundary)\r\nContent-Type: \(mediaType)\r\nContent-Range: \(contentRange(range))\r\n\r\n"
            body.append(.bytes(ByteBuffer(string: start + head)))
            body += Representation.pieces(content, range)
        }
        body.append(.bytes(ByteBuffer(string: "\r\n--\(boundary)--\r\n")))
        let head = partialHead()
            .with("Content-Type", "multipart/byteranges; boundary=\(boundary)")
            .with("Content-Length", "\(Response.bytes(body))")
        return Response(head, body: body)
    }

    private func partialHead() -> ResponseHead {
        (coding.map { ResponseHead(.partialContent).with("Content-Encoding", $0.rawValue) }
            ?? ResponseHead(.partialContent))
            .with("Last-Modified", lastModified).with("ETag", entityTag).with(
                "Accept-Ranges", "bytes"
            ).with(extra)
    }

    private func contentRange(_ range: Range<Int64>) -> String {
        "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)"
    }

    private static func pieces(_ content: Content, _ range: Range<Int64>) -> [Response.Piece] {
        guard !range.isEmpty else { return [] }
        switch content {
        case .file(let file): return [.file(file, range)]
        case .memory(let bytes):
            let slice = bytes.getSlice(at: bytes.readerIndex + Int(range.lowerBound), length: range.count)
            return slice.map { [.bytes($0)] } ?? []
        }
    }
}
