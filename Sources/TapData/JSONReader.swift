/// Reads JSON text (RFC 8259) into a located tree.
///
/// Strict: no comments, no trailing commas, no key twice in an object, nothing after the value, and at most
/// ``maximumDepth`` levels. Whole numbers that fit 64 bits stay whole; others become doubles.
package struct JSONReader {
    /// Levels of nesting read before the text is refused; deeper trees would exhaust the stack.
    package static let maximumDepth = 128

    private var bytes: [UInt8]
    private var offset = 0
    private var line = 1
    /// A place in the line, and how many characters stand before it: columns are counted from there.
    private var counted = (offset: 0, characters: 0)

    private init(_ text: String) { bytes = Array(text.utf8) }

    /// Reads one JSON value.
    ///
    /// Throws ``SyntaxError``.
    package static func read(_ text: String) throws(SyntaxError) -> Node {
        var reader = JSONReader(text)
        reader.skipSpace()
        let node = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.offset == reader.bytes.count else { throw reader.error("the text goes on after its value") }
        return node
    }

    private var position: Position {
        // Continuation bytes of UTF-8 are no characters of their own.
        let more = bytes[counted.offset..<offset].count { $0 & 0xC0 != 0x80 }
        return Position(line: line, column: counted.characters + more + 1)
    }

    /// The position, kept so that no byte of a long line is counted twice.
    private mutating func mark() -> Position {
        let position = position
        counted = (offset, position.column - 1)
        return position
    }

    private func error(_ problem: String) -> SyntaxError { SyntaxError(problem, at: position) }

    /// What is missing between a value and what follows: at the end of the value when the next begins in another line.
    private func expected(_ what: String, after value: Node?, before allowed: String) -> SyntaxError {
        guard let end = value?.range.upperBound, bytes[end..<offset].contains(UInt8(ascii: "\n")),
            let next, allowed.utf8.contains(next)
        else {
            return error("\(what) is expected")
        }
        let before = bytes[..<end]
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let position = Position(
            line: before.count { $0 == UInt8(ascii: "\n") } + 1,
            column: before[start...].count { $0 & 0xC0 != 0x80 } + 1)
        return SyntaxError("\(what) is expected", at: position)
    }

    private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func skipSpace() {
        while let byte = next {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): offset += 1
            case UInt8(ascii: "\n"):
                offset += 1
                line += 1
                counted = (offset, 0)
            default: return
            }
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        offset += 1
        return true
    }

    private mutating func value(depth: Int) throws(SyntaxError) -> Node {
        guard depth < Self.maximumDepth else { throw error("values are nested more than \(Self.maximumDepth) deep") }
        let start = mark()
        let first = offset
        let content = try content(depth: depth)
        return Node(content, start: start, range: first..<offset)
    }

    private mutating func content(depth: Int) throws(SyntaxError) -> Node.Content {
        switch next {
        case UInt8(ascii: "{"): return .object(try members(depth: depth))
        case UInt8(ascii: "["): return .array(try elements(depth: depth))
        case UInt8(ascii: "\""): return .scalar(.string(try string()))
        case UInt8(ascii: "-"): return .scalar(try number())
        case nil: throw error("the text ends where a value is expected")
        case let byte? where isDigit(byte): return .scalar(try number())
        default: return .scalar(try word())
        }
    }

    private mutating func members(depth: Int) throws(SyntaxError) -> [Node.Member] {
        var members: [Node.Member] = []
        var seen: Set<String> = []
        offset += 1
        skipSpace()
        if take(UInt8(ascii: "}")) { return members }
        while true {
            skipSpace()
            let keyStart = mark()
            guard next == UInt8(ascii: "\"") else { throw error("a key in double quotes is expected") }
            let first = offset
            let key = try string()
            let keyRange = first..<offset
            guard seen.insert(key).inserted else { throw SyntaxError("the key \"\(key)\" stands twice", at: keyStart) }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw error("a colon is expected after the key \"\(key)\"") }
            skipSpace()
            let value = try value(depth: depth + 1)
            members.append(Node.Member(key: key, keyStart: keyStart, keyRange: keyRange, value: value))
            skipSpace()
            if take(UInt8(ascii: "}")) { return members }
            let comma = mark()
            guard take(UInt8(ascii: ",")) else {
                throw expected("a comma or }", after: members.last?.value, before: "\"")
            }
            skipSpace()
            if next == UInt8(ascii: "}") { throw SyntaxError("a comma stands before the } that follows", at: comma) }
        }
    }

    private mutating func elements(depth: Int) throws(SyntaxError) -> [Node] {
        var elements: [Node] = []
        offset += 1
        skipSpace()
        if take(UInt8(ascii: "]")) { return elements }
        while true {
            skipSpace()
            elements.append(try value(depth: depth + 1))
            skipSpace()
            if take(UInt8(ascii: "]")) { return elements }
            let comma = mark()
            guard take(UInt8(ascii: ",")) else {
                throw expected("a comma or ]", after: elements.last, before: "\"{[0123456789tfn")
            }
            skipSpace()
            if next == UInt8(ascii: "]") { throw SyntaxError("a comma stands before the ] that follows", at: comma) }
        }
    }

    private mutating func word() throws(SyntaxError) -> Datum {
        for (text, datum) in [("true", Datum.bool(true)), ("false", .bool(false)), ("null", .null)]
        where bytes[offset...].starts(with: text.utf8) {
            offset += text.utf8.count
            return datum
        }
        throw error("a value is expected: text in double quotes, a number, true, false, null, [ or {")
    }

    private mutating func number() throws(SyntaxError) -> Datum {
        let start = offset
        var isWhole = true
        _ = take(UInt8(ascii: "-"))
        if take(UInt8(ascii: "0")) {
            if isDigit(next) { throw error("a number does not begin with 0") }
        } else {
            try digits()
        }
        if take(UInt8(ascii: ".")) {
            isWhole = false
            try digits()
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isWhole = false
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        if isWhole, let integer = Int64(text) { return .integer(integer) }
        guard let number = Double(text), number.isFinite else { throw error("the number \(text) is too large") }
        return .number(number)
    }

    private func isDigit(_ byte: UInt8?) -> Bool {
        byte.map { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") } ?? false
    }

    private mutating func digits() throws(SyntaxError) {
        guard isDigit(next) else { throw error("a digit is expected") }
        while isDigit(next) { offset += 1 }
    }

    private mutating func string() throws(SyntaxError) -> String {
        offset += 1
        var content: [UInt8] = []
        while let byte = next {
            offset += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: content, as: UTF8.self) else { throw error("text is not UTF-8") }
                return text
            case UInt8(ascii: "\\"): content += Array(String(try escape()).utf8)
            case 0..<0x20:
                offset -= 1
                throw error("a control character in text is written with a backslash")
            default: content.append(byte)
            }
        }
        throw error("the text ends inside of double quotes")
    }

    private mutating func escape() throws(SyntaxError) -> Unicode.Scalar {
        guard let byte = next else { throw error("the text ends after a backslash") }
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw error("\\\(Character(Unicode.Scalar(byte))) is no escape of JSON")
        }
    }

    private mutating func unicodeEscape() throws(SyntaxError) -> Unicode.Scalar {
        let first = try hexadecimalDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        // A surrogate pair (RFC 8259, section 7).
        guard first < 0xDC00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
            throw error("half of a pair of \\u escapes")
        }
        let second = try hexadecimalDigits()
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw error("half of a pair of \\u escapes") }
        return scalar
    }

    private mutating func hexadecimalDigits() throws(SyntaxError) -> UInt32 {
        let end = offset + 4
        guard end <= bytes.count, let value = UInt32(String(decoding: bytes[offset..<end], as: UTF8.self), radix: 16),
            bytes[offset] != UInt8(ascii: "+"), bytes[offset] != UInt8(ascii: "-")
        else { throw error("four hexadecimal digits are expected after \\u") }
        offset = end
        return value
    }
}
