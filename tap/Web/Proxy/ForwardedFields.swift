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
        if let ip {
            bytes.writeStaticString("X-Forwarded-For: ")
            bytes.writeString(ip)
            bytes.writeStaticString("\r\n")
        }
        bytes.writeStaticString("X-Forwarded-Proto: ")
        bytes.writeString(scheme)
        if !host.isEmpty {
            bytes.writeStaticString("\r\nX-Forwarded-Host: ")
            bytes.writeString(host)
        }
        bytes.writeStaticString("\r\nForwarded: for=")
        writeNode(ip, to: &bytes)
        if !host.isEmpty {
            bytes.writeStaticString(";host=")
            writeValue(host, to: &bytes)
        }
        bytes.writeStaticString(";proto=")
        bytes.writeString(scheme)
        bytes.writeStaticString("\r\n")
    }

    /// An address of version 6 stands in brackets, and these in quotes (RFC 7239, 6).
    private static func writeNode(_ ip: String?, to bytes: inout ByteBuffer) {
        guard let ip else {
            bytes.writeStaticString("unknown")
            return
        }
        let isOld = !ip.utf8.contains(UInt8(ascii: ":"))
        if !isOld { bytes.writeStaticString("\"[") }
        bytes.writeString(ip)
        if !isOld { bytes.writeStaticString("]\"") }
    }

    /// What is no token stands in quotes (RFC 7239, 4).
    private static func writeValue(_ text: String, to bytes: inout ByteBuffer) {
        guard !text.utf8.allSatisfy({ ByteSet.token.contains($0) }) else {
            bytes.writeString(text)
            return
        }
        bytes.writeStaticString("\"")
        if text.utf8.contains(where: { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }) {
            for byte in text.utf8 {
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { bytes.writeStaticString("\\") }
                bytes.writeInteger(byte)
            }
        } else {
            bytes.writeString(text)
        }
        bytes.writeStaticString("\"")
    }
}
