import NIOCore
import NIOHTTP1
import TapData

extension ControlRequest {
    /// Reads a request.
    ///
    /// Throws ``ControlError`` for a body that is no JSON and a target that is no path.
    init(_ request: NIOHTTPServerRequestFull, user: String) throws(ControlError) {
        let parts = request.head.uri.split(separator: "?", maxSplits: 1)
        let path = (parts.first ?? "").split(separator: "/").map { ControlRequest.percentDecoded(String($0)) }
        guard !path.contains(nil) else { throw .badRequest("the path has a broken percent escape") }
        var query: [String: String] = [:]
        for pair in parts.count > 1 ? parts[1].split(separator: "&") : [] {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            query[sides[0]] = ControlRequest.percentDecoded(sides.count > 1 ? sides[1] : "")
        }
        var body = Datum.null
        if let buffer = request.body, buffer.readableBytes > 0 {
            do throws(SyntaxError) {
                body = try JSONReader.read(String(buffer: buffer)).datum
            } catch {
                throw .badRequest(
                    "the body is no JSON: line \(error.position.line), column \(error.position.column): \(error.problem)"
                )
            }
        }
        self.init(
            method: request.head.method.rawValue, path: path.compactMap { $0 }, query: query, body: body,
            ifMatch: request.head.headers.first(name: "if-match"), user: user)
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
