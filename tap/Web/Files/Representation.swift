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
    /// `now` is in seconds since 1970; a file from the future counts as changed just now.
    init(
        _ facts: FileFacts, mediaType: String, content: Content, now: Int64,
        extra: [(name: String, value: String)] = []
    ) {
        self.extra = extra
        self.facts = facts
        self.content = content
        self.mediaType = mediaType
        entityTag = facts.entityTag
        lastModified = HTTPDate.text(min(facts.modified, now))
        let head = ResponseHead(.ok)
            .with("Content-Type", mediaType)
            .with("Content-Length", "\(facts.size)")
            .with("Last-Modified", lastModified)
            .with("ETag", entityTag)
            .with("Accept-Ranges", "bytes")
            .with(extra)
        wholeWithoutBody = Response(head)
        whole = Response(head, body: Representation.pieces(content, 0..<facts.size))
    }

    /// The bytes of memory that the file takes when it is kept.
    var memoryBytes: Int {
        guard case .memory(let bytes) = content else { return 0 }
        return bytes.readableBytes + whole.headBytes.readableBytes
    }

    /// What to answer to GET or HEAD.
    func response(to fields: RequestFields, isHead: Bool) -> Response {
        guard fields.isConditional else { return isHead ? wholeWithoutBody : whole }
        switch Conditions(entityTag: entityTag, modified: facts.modified).evaluate(fields) {
        case .failed: return .failure(.preconditionFailed, head: ResponseHead(.preconditionFailed).with(extra), isHead: isHead)
        case .notModified:
            let head = ResponseHead(.notModified).with("Last-Modified", lastModified).with("ETag", entityTag).with(extra)
            return Response(head)
        case .send(let rangeCounts):
            guard rangeCounts, !isHead, let range = fields.range else { return isHead ? wholeWithoutBody : whole }
            return partial(ByteRanges(range, size: facts.size))
        }
    }

    private func partial(_ ranges: ByteRanges) -> Response {
        switch ranges {
        case .ignored: return whole
        case .unsatisfiable:
            let status = HTTPResponseStatus.rangeNotSatisfiable
            return .failure(status, head: ResponseHead(status).with("Content-Range", "bytes */\(facts.size)").with(extra))
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
        ResponseHead(.partialContent).with("Last-Modified", lastModified).with("ETag", entityTag).with(
            "Accept-Ranges", "bytes"
        ).with(extra)
    }

    private func contentRange(_ range: Range<Int64>) -> String {
        "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(facts.size)"
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
