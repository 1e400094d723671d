import NIOCore
import NIOHTTP1

/// A response that is decided, and not yet sent.
final class Response {
    /// One piece of a body.
    enum Piece {
        case bytes(ByteBuffer)
        case file(OpenFile, Range<Int64>)

        /// How many bytes it has.
        var count: Int64 {
            switch self {
            case .bytes(let buffer): Int64(buffer.readableBytes)
            case .file(_, let range): Int64(range.count)
            }
        }
    }

    /// The status and all fields but `Date` and `Connection`.
    let head: ResponseHead
    /// The same as HTTP/1.1 writes it.
    let headBytes: ByteBuffer
    /// The body in order; empty when there is none, also in answer to HEAD.
    let body: [Piece]

    var status: HTTPResponseStatus { head.status }

    /// Whether the same request may be answered otherwise another time: that is what its client has to learn, even when
    /// it comes with a body that nobody wants to read.
    var asksToComeAgain: Bool { status == .unauthorized || status == .tooManyRequests }

    init(_ head: ResponseHead, body: [Piece] = []) {
        (self.head, self.body) = (head, body)
        headBytes = head.bytes
    }

    /// How many bytes some pieces have together.
    static func bytes(_ pieces: [Piece]) -> Int64 { pieces.reduce(0) { $0 + $1.count } }
}

extension Response {
    /// A response with a page, or without its body in answer to HEAD.
    static func page(
        _ status: HTTPResponseStatus, _ html: String, head: ResponseHead? = nil, isHead: Bool = false
    ) -> Response {
        let head = (head ?? ResponseHead(status))
            .with("Content-Type", "text/html; charset=utf-8")
            .with("Content-Length", "\(html.utf8.count)")
        return Response(head, body: isHead ? [] : [.bytes(ByteBuffer(string: html))])
    }

    /// What a client is told that can't be served.
    ///
    /// It says nothing about this machine.
    static func failure(_ status: HTTPResponseStatus, head: ResponseHead? = nil, isHead: Bool = false) -> Response {
        let title = "\(status.code) \(status.reasonPhrase)"
        let html = """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>\(title)</title></head>
            <body><h1>\(title)</h1><p>\(explanation(status))</p></body></html>

            """
        return page(status, html, head: head, isHead: isHead)
    }

    private static func explanation(_ status: HTTPResponseStatus) -> String {
        switch status {
        case .movedPermanently: "This is a folder: its address ends with a slash."
        case .found, .seeOther, .temporaryRedirect, .permanentRedirect: "This is at another address now."
        case .badGateway: "The server behind this one does not answer as it should."
        case .gatewayTimeout: "The server behind this one takes too long."
        case .httpVersionNotSupported: "The server does not know this version of HTTP."
        case .badRequest: "The server can't read this request."
        case .unauthorized: "This is only for those who know a name and a password."
        case .forbidden: "The server may not show this."
        case .notFound: "Nothing is here."
        case .methodNotAllowed: "The files here can only be read, with GET and HEAD."
        case .requestTimeout: "The request took too long to arrive."
        case .tooManyRequests: "There were too many requests from your address. Try again later."
        case .preconditionFailed: "The file is not the one that was expected."
        case .payloadTooLarge: "The request has too long a body."
        case .uriTooLong: "The address is too long."
        case .rangeNotSatisfiable: "The file does not have the part that was asked for."
        case .requestHeaderFieldsTooLarge: "The header of the request is too long."
        case .notImplemented: "The server does not know this method."
        case .serviceUnavailable: "The server is too busy. Try again soon."
        default: "Something is wrong with the server. Its administrator can find out what."
        }
    }
}
