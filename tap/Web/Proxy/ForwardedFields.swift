import NIOCore

/// The fields that tell an upstream about the client: `X-Forwarded-For`, `-Proto`, `-Host`, and `Forwarded` (RFC 7239).
///
/// They take the place of those that the client has sent, for it could have written anything into them.
enum ForwardedFields {
    /// Whether a field is one of them.
    static func contains(_ name: UnsafeRawBufferPointer) -> Bool {
        switch name.count {
        case 9: name.isField("forwarded")
        case 15: name.isField("x-forwarded-for")
        case 16: name.isField("x-forwarded-host")
        case 17: name.isField("x-forwarded-proto")
        default: false
        }
    }

    /// Writes them as lines.
    ///
    /// `host` is what the client has sent, empty when it has sent none.
    static func write(to bytes: inout ByteBuffer, ip: String?, scheme: String, host: String) {
        if let ip { bytes.writeString("X-Forwarded-For: \(ip)\r\n") }
        bytes.writeString("X-Forwarded-Proto: \(scheme)\r\n")
        if !host.isEmpty { bytes.writeString("X-Forwarded-Host: \(host)\r\n") }
        bytes.writeString("Forwarded: for=\(node(ip))")
        if !host.isEmpty { bytes.writeString(";host=\(value(host))") }
        bytes.writeString(";proto=\(scheme)\r\n")
    }

    /// An address of version 6 stands in brackets, and these in quotes (RFC 7239, 6).
    private static func node(_ ip: String?) -> String {
        guard let ip else { return "unknown" }
        return ip.utf8.contains(UInt8(ascii: ":")) ? "\"[\(ip)]\"" : ip
    }

    /// What is no token stands in quotes (RFC 7239, 4).
    private static func value(_ text: String) -> String {
        if text.utf8.allSatisfy({ ByteSet.token.contains($0) }) { return text }
        let escaped = text.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] }
        return "\"" + String(escaped) + "\""
    }
}
