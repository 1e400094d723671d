import NIOCore
import NIOHTTP1
import TapData

extension ControlRequest {
    /// Reads a request.
    ///
    /// Throws ``ControlError`` for a body that is no text and a target that is no path.
    init(_ head: HTTPRequestHead, body bytes: ByteBuffer, asker: Asker) throws(ControlError) {
        let parts = head.uri.split(separator: "?", maxSplits: 1)
        let path = (parts.first ?? "").split(separator: "/").map { ControlRequest.percentDecoded(String($0)) }
        guard !path.contains(nil) else { throw .badRequest("the path has a broken percent escape") }
        self.init(
            method: head.method.rawValue, path: path.compactMap { $0 },
            query: try ControlRequest.query(parts.count > 1 ? parts[1] : ""), asker: asker)
        if bytes.readableBytes > 0 {
            guard let text = String(validating: bytes.readableBytesView, as: UTF8.self) else {
                throw .badRequest("the body is no UTF-8")
            }
            self.text = text
        }
        mediaType = head.headers.first(name: "content-type").map { field in
            (field.split(separator: ";").first ?? "").filter { $0 != " " }.lowercased()
        }
        ifMatch = ControlRequest.list(head.headers, "if-match")
        ifNoneMatch = ControlRequest.list(head.headers, "if-none-match")
        lastEventID = head.headers.first(name: "last-event-id")
    }

    /// A field that may be written in several lines (RFC 9110, section 5.3).
    private static func list(_ headers: HTTPHeaders, _ name: String) -> String? {
        let values = headers[name]
        return values.isEmpty ? nil : values.joined(separator: ",")
    }

    private static func query(_ text: Substring) throws(ControlError) -> [String: String] {
        var query: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let name = percentDecoded(sides[0]), let value = percentDecoded(sides.count > 1 ? sides[1] : "")
            else { throw .badRequest("the query has a broken percent escape") }
            guard query.updateValue(value, forKey: name) == nil else {
                throw .badRequest("the query has \"\(name)\" twice")
            }
        }
        return query
    }

    /// RFC 3986, section 2.1; nil for an escape that is none, and for bytes that are no UTF-8.
    private static func percentDecoded(_ text: String) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard digits.utf8.count == 2, !digits.hasPrefix("+"), !digits.hasPrefix("-"),
                let value = UInt8(digits, radix: 16)
            else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
