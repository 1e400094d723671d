import TapData
import TapSecrets

/// The name and the password in a field `Authorization` (RFC 7617).
struct BasicCredentials: Sendable {
    /// The longest that is looked at, in base64; passwords have up to 1024 bytes.
    private static let maximumBytes = 2048

    let user: String
    let password: String

    /// Reads what stands behind the word `Basic`.
    ///
    /// Answers nil when it is not base64 of a name, a colon and a password in UTF-8, without control characters.
    init?(token: String) {
        guard let bytes = Base64.decode(token), let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
            bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }),
            let user = String(validating: bytes[..<colon], as: UTF8.self), UserTable.isName(user),
            let password = String(validating: bytes[(colon + 1)...], as: UTF8.self)
        else { return nil }
        (self.user, self.password) = (user, password)
    }

    /// Gives the token of a request to a body; nil when the request has none, or one that can't be right.
    ///
    /// A request that authorizes itself twice is not let in: others might look at the other field.
    static func withToken<Result>(of lines: FieldLines, _ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
        var count = 0
        var result: Result?
        lines.forEachField { name, value in
            guard name.count == 13, name.isField("authorization") else { return }
            count += 1
            result = token(in: value).map(body)
        }
        return count == 1 ? result : nil
    }

    private static func token(in value: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        let scheme = UnsafeRawBufferPointer(rebasing: value.prefix(5))
        guard value.count > 6, scheme.isField("basic"), value[5] == UInt8(ascii: " ") else { return nil }
        let token = value[5...].drop { $0 == UInt8(ascii: " ") }
        return token.count <= maximumBytes ? UnsafeRawBufferPointer(rebasing: token) : nil
    }
}
