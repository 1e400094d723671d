/// Names in URLs and in HTML.
enum Escaping {
    /// A name as one segment of a URL's path: all but unreserved characters are escaped.
    static func url(_ name: [UInt8]) -> String {
        if name.allSatisfy({ unreserved.contains($0) }) { return String(decoding: name, as: UTF8.self) }
        var text = ""
        for byte in name {
            if unreserved.contains(byte) {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += byte < 16 ? "%0" : "%"
                text += String(byte, radix: 16, uppercase: true)
            }
        }
        return text
    }

    /// The characters that mean nothing but themselves in a URL (RFC 3986, 2.3).
    private static let unreserved = ByteSet(upperHalf: false) { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF) || "-._~".utf8.contains(byte)
    }

    /// Text as HTML shows it, in contents and in quoted attributes.
    static func html(_ text: String) -> String {
        guard text.utf8.contains(where: { [0x26, 0x3C, 0x3E, 0x22, 0x27].contains($0) || $0 < 0x20 }) else {
            return text
        }
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            case _ where scalar.value < 0x20: escaped += "\u{FFFD}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
