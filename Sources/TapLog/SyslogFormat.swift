import Glibc

/// An event as RFC 5424, section 6, has it: `<29>1 TIME HOST tapd 4711 - - \u{FEFF}message key=value`.
enum SyslogFormat {
    /// "System daemons": RFC 5424, section 6.2.1.
    private static let facility = 3

    static func message(_ record: LogRecord, _ format: LogConfiguration.Format, host: String, program: String) -> String
    {
        let text =
            switch format {
            case .text: LogFormat.body(record)
            case .json: LogFormat.json(record)
            }
        let priority = facility * 8 + record.level.severity
        // Section 6.4: text in UTF-8 begins with the byte order mark.
        return "<\(priority)>1 \(record.time) \(host) \(program) \(getpid()) - - \u{FEFF}\(text)"
    }

    /// A name as the header takes it: printable ASCII without spaces, `-` when nothing is left.
    static func name(_ text: String, limit: Int) -> String {
        let name = String(
            String.UnicodeScalarView(text.unicodeScalars.filter { ("!"..."~").contains($0) }.prefix(limit)))
        return name.isEmpty ? "-" : name
    }

    /// The beginning of a message, in whole characters, with `…` for what is missing.
    static func cut(_ message: String, to byteCount: Int) -> String {
        guard message.utf8.count > byteCount else { return message }
        let scalars = message.unicodeScalars
        var (end, count) = (scalars.startIndex, "…".utf8.count)
        while end < scalars.endIndex, count + UTF8.width(scalars[end]) <= byteCount {
            count += UTF8.width(scalars[end])
            scalars.formIndex(after: &end)
        }
        return String(scalars[..<end]) + "…"
    }

    /// The name of this machine.
    static var host: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "-" }
        return name(
            String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self), limit: 255)
    }
}
