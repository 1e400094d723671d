import NIOCore
import NIOHPACK
import NIOHTTP1

extension Request {
    /// A request of HTTP/2 (RFC 9113, 8.3), or nil when it is none.
    ///
    /// The library has checked the order and the number of the fields that begin with a colon.
    convenience init?(_ headers: HPACKHeaders, endsStream: Bool, client: Client) {
        guard let method = headers.first(name: ":method"), let target = headers.first(name: ":path"),
            target.utf8.allSatisfy({ ByteSet.target.contains($0) }), !target.isEmpty
        else { return nil }
        var fields = RequestFields()
        var authority = headers.first(name: ":authority")
        for (name, value, _) in headers where !name.hasPrefix(":") {
            guard name.utf8.allSatisfy({ ByteSet.token.contains($0) }),
                value.utf8.allSatisfy({ ByteSet.fieldValue.contains($0) })
            else { return nil }
            // The authority says it already.
            if name == "host" {
                authority = authority ?? value
                continue
            }
            fields.add(name, String(value.trimmingSpaces))
        }
        if let authority {
            guard authority.utf8.allSatisfy({ ByteSet.fieldValue.contains($0) }) else { return nil }
            fields.add("host", authority)
        }
        fields.finishStream(hasBody: !endsStream)
        guard fields.framing == .clear else { return nil }
        self.init(
            method: HTTPMethod(rawValue: method), target: target, version: HTTPVersion(major: 2, minor: 0),
            fields: fields, client: client)
    }
}

extension RequestFields {
    fileprivate mutating func add(_ name: String, _ value: String) {
        let start = lines.append(name, value)
        var (name, value) = (name, value)
        name.withUTF8 { name in
            value.withUTF8 { value in take(UnsafeRawBufferPointer(name), UnsafeRawBufferPointer(value), at: start) }
        }
    }
}
