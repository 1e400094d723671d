import Glibc
import NIOHTTP1

/// Reads the head of a request: finds its end, checks its lines, and takes them apart.
struct HeadReader {
    /// What there is of a head.
    enum Outcome: Equatable {
        /// The end is not there yet; the line that begins here has no end.
        case incomplete(lineStart: Int)
        /// The number of bytes up to the end of the empty line.
        case complete(end: Int)
        /// More than is allowed; whether already the first line is.
        case tooLong(isLine: Bool)
        /// A line does not end as lines do.
        case malformed
    }

    /// The parts of a head.
    struct Parts {
        let method: HTTPMethod
        let target: String
        let version: HTTPVersion
        /// Where the line of the first field begins.
        let fieldsStart: Int
        /// What the fields say; their lines are not in it yet.
        let fields: RequestFields
    }

    let limit: Int

    /// Looks for the end of a head.
    ///
    /// `start` is where a line begins all lines before which were seen.
    func end(of bytes: UnsafeRawBufferPointer, from start: Int) -> Outcome {
        guard let base = bytes.baseAddress else { return .incomplete(lineStart: 0) }
        var start = start
        while start < bytes.count, let found = memchr(base + start, 0x0A, bytes.count - start) {
            let end = base.distance(to: UnsafeRawPointer(found))
            guard end > start, bytes[end - 1] == 0x0D else { return .malformed }
            guard end < limit else { return .tooLong(isLine: start == 0) }
            if end == start + 1 { return start == 0 ? .malformed : .complete(end: end + 1) }
            start = end + 1
        }
        return bytes.count > limit ? .tooLong(isLine: start == 0) : .incomplete(lineStart: start)
    }

    /// Takes a whole head apart, from the first line to the empty one; nil when something is wrong with it.
    static func parts(_ bytes: UnsafeRawBufferPointer) -> Parts? {
        guard let lineEnd = lineFeed(bytes, from: 0) else { return nil }
        guard let line = requestLine(UnsafeRawBufferPointer(rebasing: bytes[..<(lineEnd - 1)])) else { return nil }
        var fields = RequestFields()
        var start = lineEnd + 1
        while let end = lineFeed(bytes, from: start), end > start + 1 {
            guard let field = field(UnsafeRawBufferPointer(rebasing: bytes[start..<end])) else { return nil }
            fields.take(field.name, field.value, at: start + field.valueStart - lineEnd - 1)
            start = end + 1
        }
        fields.finish(isOld: line.version == .http1_0)
        return Parts(
            method: line.method, target: line.target, version: line.version, fieldsStart: lineEnd + 1, fields: fields)
    }

    /// Where the next line feed is.
    static func lineFeed(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        index(of: 0x0A, in: bytes, from: start)
    }

    private static func index(of byte: UInt8, in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard let base = bytes.baseAddress, start < bytes.count,
            let found = memchr(base + start, CInt(byte), bytes.count - start)
        else { return nil }
        return base.distance(to: UnsafeRawPointer(found))
    }

    /// Method, target and version with one space between them.
    private static func requestLine(
        _ line: UnsafeRawBufferPointer
    ) -> (method: HTTPMethod, target: String, version: HTTPVersion)? {
        guard let first = index(of: 0x20, in: line, from: 0), first > 0,
            line[..<first].allSatisfy({ ByteSet.token.contains($0) })
        else { return nil }
        guard let second = index(of: 0x20, in: line, from: first + 1), second > first + 1,
            line[(first + 1)..<second].allSatisfy({ ByteSet.target.contains($0) }),
            let version = version(UnsafeRawBufferPointer(rebasing: line[(second + 1)...]))
        else { return nil }
        let (method, target) = (method(UnsafeRawBufferPointer(rebasing: line[..<first])), line[(first + 1)..<second])
        guard target.first == UInt8(ascii: "/") || isOtherTarget(target, method) else { return nil }
        return (method, String(decoding: target, as: UTF8.self), version)
    }

    /// A whole URL, `*`, or for CONNECT a host and port (RFC 9112, 3.2).
    private static func isOtherTarget(_ target: Slice<UnsafeRawBufferPointer>, _ method: HTTPMethod) -> Bool {
        if method == .CONNECT || target.elementsEqual("*".utf8) { return true }
        let scheme = target.prefix { (0x41...0x5A).contains($0 & 0xDF) }
        return !scheme.isEmpty && target[scheme.endIndex...].starts(with: "://".utf8)
    }

    private static func method(_ bytes: UnsafeRawBufferPointer) -> HTTPMethod {
        switch bytes.count {
        case 3 where begins(bytes, with: "GET"): .GET
        case 4 where begins(bytes, with: "HEAD"): .HEAD
        case 4 where begins(bytes, with: "POST"): .POST
        default: HTTPMethod(rawValue: String(decoding: bytes, as: UTF8.self))
        }
    }

    /// Whether bytes, which are not fewer than a text has, begin with it.
    private static func begins(_ bytes: UnsafeRawBufferPointer, with text: StaticString) -> Bool {
        let expected = text.utf8Start
        for index in 0..<text.utf8CodeUnitCount where bytes[index] != expected[index] { return false }
        return true
    }

    /// `HTTP/` and two digits.
    private static func version(_ bytes: UnsafeRawBufferPointer) -> HTTPVersion? {
        guard bytes.count == 8, begins(bytes, with: "HTTP/"), bytes[6] == UInt8(ascii: ".") else { return nil }
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard digits.contains(bytes[5]), digits.contains(bytes[7]) else { return nil }
        return HTTPVersion(major: Int(bytes[5] - UInt8(ascii: "0")), minor: Int(bytes[7] - UInt8(ascii: "0")))
    }

    /// A line of a field without its line feed, taken apart; nil when it is none.
    static func field(
        _ line: UnsafeRawBufferPointer
    ) -> (name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, valueStart: Int)? {
        var colon = 0
        while colon < line.count, ByteSet.token.contains(line[colon]) { colon += 1 }
        guard colon > 0, colon < line.count, line[colon] == UInt8(ascii: ":"), line.last == 0x0D else { return nil }
        var (start, end) = (colon + 1, line.count - 1)
        while start < end, isSpace(line[start]) { start += 1 }
        while end > start, isSpace(line[end - 1]) { end -= 1 }
        let value = UnsafeRawBufferPointer(rebasing: line[start..<end])
        return isFieldValue(value) ? (UnsafeRawBufferPointer(rebasing: line[..<colon]), value, start) : nil
    }

    /// Whether all bytes may stand in the value of a field.
    ///
    /// Eight are looked at together; where one of them is a control character, which may be a tab, all are looked at again.
    static func isFieldValue(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while bytes.count - index >= 8 {
            let end = index + 8
            if hasControlCharacter(bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)) {
                for index in index..<end where !ByteSet.fieldValue.contains(bytes[index]) { return false }
            }
            index = end
        }
        for index in index..<bytes.count where !ByteSet.fieldValue.contains(bytes[index]) { return false }
        return true
    }

    /// Whether one of eight bytes is less than 0x20, or 0x7F.
    ///
    /// Taking 0x20 from a byte below it borrows, which sets its highest bit, and of these it is the only kind that had it
    /// clear before. The same goes for 1 and what is 0 when 0x7F was turned over.
    private static func hasControlCharacter(_ bytes: UInt64) -> Bool {
        let turned = bytes ^ 0x7F7F_7F7F_7F7F_7F7F
        let below = (bytes &- 0x2020_2020_2020_2020) & ~bytes
        let deleting = (turned &- 0x0101_0101_0101_0101) & ~turned
        return (below | deleting) & 0x8080_8080_8080_8080 != 0
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
