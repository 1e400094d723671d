package import NIOCore

/// Writes what clients have sent into lines of logs, so that no client can end a line, or a part of one.
package enum LineEscaping {
    private static let hexadecimal = Array("0123456789ABCDEF".utf8)

    /// Writes bytes between quotes of the combined format.
    ///
    /// As nginx does it: quotes, backslashes, control characters and what is not ASCII become `\xHH`. A quote never stands in
    /// the text, so that the simplest reader finds its end.
    package static func quoted(_ bytes: UnsafeRawBufferPointer, to line: inout ByteBuffer) {
        write(bytes, to: &line) { (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
    }

    /// Writes a word of the combined format, which ends at a space.
    package static func word(_ text: String, to line: inout ByteBuffer) {
        var text = text
        text.withUTF8 { bytes in
            write(UnsafeRawBufferPointer(bytes), to: &line) { (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
        }
    }

    private static func write(
        _ bytes: UnsafeRawBufferPointer, to line: inout ByteBuffer, where isPlain: (UInt8) -> Bool
    ) {
        var start = 0
        for (index, byte) in bytes.enumerated() where !isPlain(byte) {
            line.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[start..<index]))
            line.writeBytes([0x5C, UInt8(ascii: "x"), hexadecimal[Int(byte >> 4)], hexadecimal[Int(byte & 15)]])
            start = index + 1
        }
        line.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[start...]))
    }

    /// Writes a string of JSON (RFC 8259, section 7) with its quotes.
    ///
    /// What is no UTF-8 becomes U+FFFD; what a terminal would obey, or takes for the end of a line, is escaped too.
    package static func json(_ bytes: UnsafeRawBufferPointer, to line: inout ByteBuffer) {
        line.writeInteger(UInt8(ascii: "\""))
        if bytes.allSatisfy({ (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }) {
            line.writeBytes(bytes)
        } else {
            for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars { json(scalar, to: &line) }
        }
        line.writeInteger(UInt8(ascii: "\""))
    }

    private static func json(_ scalar: Unicode.Scalar, to line: inout ByteBuffer) {
        switch scalar {
        case "\"": line.writeStaticString("\\\"")
        case "\\": line.writeStaticString("\\\\")
        case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}":
            line.writeStaticString("\\u")
            for shift in [12, 8, 4, 0] { line.writeInteger(hexadecimal[Int(scalar.value >> UInt32(shift) & 15)]) }
        default: line.writeString(String(scalar))
        }
    }
}
