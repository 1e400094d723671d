import NIOCore

/// The fields of a message as checked lines: `name: value`, each with its line end, and nothing else.
///
/// They stay the bytes they came as; most requests are answered without a look at most of them.
struct FieldLines: Sequence {
    /// One field; neither part has spaces around it.
    struct Field {
        let name: Substring
        let value: Substring
    }

    /// Where the value of a field is.
    struct Place: Equatable {
        private let start: UInt32
        private let count: UInt32

        /// Nowhere.
        static let none = Place(Int(UInt32.max), 0)

        init(_ start: Int, _ count: Int) { (self.start, self.count) = (UInt32(start), UInt32(count)) }

        fileprivate func text(in bytes: ByteBuffer) -> String? {
            self == .none ? nil : bytes.getString(at: bytes.readerIndex + Int(start), length: Int(count))
        }
    }

    private var bytes: ByteBuffer

    /// No fields.
    init() { bytes = ByteBuffer() }

    /// Lines that were checked.
    init(checked bytes: ByteBuffer) { self.bytes = bytes }

    /// Adds a field whose parts were checked, and tells at which byte its value begins.
    mutating func append(_ name: String, _ value: String) -> Int {
        bytes.writeString(name)
        bytes.writeStaticString(": ")
        let start = bytes.readableBytes
        bytes.writeString(value)
        bytes.writeStaticString("\r\n")
        return start
    }

    /// The value at a place; nil: it is nowhere.
    func text(at place: Place) -> String? { place.text(in: bytes) }

    /// The bytes of all lines.
    var readableBytes: Int { bytes.readableBytes }

    /// The fields in their order.
    func makeIterator() -> AnyIterator<Field> {
        var rest = Substring(String(buffer: bytes))
        return AnyIterator {
            guard let end = rest.utf8.firstIndex(of: UInt8(ascii: "\r")) else { return nil }
            let line = rest[..<end]
            rest = rest[end...].dropFirst()
            guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
            return Field(name: line[..<colon], value: line[line.utf8.index(after: colon)...].trimmingSpaces)
        }
    }

    /// Gives the bytes of each field's name and value to a body, in their order, without making texts of them.
    func forEachField(_ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void) {
        bytes.withUnsafeReadableBytes { all in FieldLines.forEachField(of: all) { name, value, _ in body(name, value) }
        }
    }

    private static func forEachField(
        of all: UnsafeRawBufferPointer,
        _ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, _ line: Range<Int>) -> Void
    ) {
        var start = 0
        while let end = HeadReader.lineFeed(all, from: start) {
            if let field = HeadReader.field(UnsafeRawBufferPointer(rebasing: all[start..<end])) {
                body(field.name, field.value, start..<(end + 1))
            }
            start = end + 1
        }
    }

    /// Those that a condition holds for.
    func filtered(
        _ isWanted: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Bool
    ) -> FieldLines {
        var others = ByteBufferAllocator().buffer(capacity: readableBytes)
        write(to: &others, where: isWanted)
        return FieldLines(checked: others)
    }

    /// Those with other names than one, which is given in small letters.
    func without(_ name: StaticString) -> FieldLines {
        filtered { found, _ in found.count != name.utf8CodeUnitCount || !found.isField(name) }
    }

    /// Writes all lines behind other bytes.
    func write(to others: inout ByteBuffer) { others.writeImmutableBuffer(bytes) }

    /// Writes the lines of the fields that a condition holds for.
    func write(
        to others: inout ByteBuffer,
        where isWanted: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Bool
    ) {
        bytes.withUnsafeReadableBytes { all in
            var passed = PassedFields(of: all)
            FieldLines.forEachField(of: all) { name, value, line in
                if isWanted(name, value) { passed.pass(name, value, in: line, to: &others) }
            }
            passed.finish(to: &others)
        }
    }

    /// The value of the first field with a name, which is given in small letters.
    func first(_ name: StaticString) -> String? {
        let count = name.utf8CodeUnitCount
        return bytes.withUnsafeReadableBytes { all in
            var start = 0
            while let end = HeadReader.lineFeed(all, from: start) {
                defer { start = end + 1 }
                // Most lines have another length of name, and are not looked at.
                guard start + count < end, all[start + count] == UInt8(ascii: ":"),
                    UnsafeRawBufferPointer(rebasing: all[start..<(start + count)]).isField(name),
                    let field = HeadReader.field(UnsafeRawBufferPointer(rebasing: all[start..<end]))
                else { continue }
                return String(decoding: field.value, as: UTF8.self)
            }
            return nil
        }
    }

    /// The values of a field, whose name is given in small letters.
    func values(_ name: String) -> [String] {
        compactMap { field in
            field.name.utf8.count == name.utf8.count && field.name.lowercased() == name ? String(field.value) : nil
        }
    }

    /// The value of a field that may stand in several lines: they are one list (RFC 9110, 5.3).
    ///
    /// Nil when it is not there.
    func list(_ name: String) -> String? {
        let values = values(name)
        return values.isEmpty ? nil : values.joined(separator: ", ")
    }
}

extension StringProtocol where SubSequence == Substring {
    /// Without spaces and tabs at both ends.
    var trimmingSpaces: Substring {
        var text = drop { $0 == " " || $0 == "\t" }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
