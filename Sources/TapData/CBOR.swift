/// Concise Binary Object Representation (RFC 8949), the form in which state is stored.
///
/// Written deterministically (section 4.2.1: shortest lengths, shortest floats, keys in the order of their bytes), so equal
/// values have equal bytes. Read: definite lengths only, text keys only, no tags, at most ``maximumDepth`` levels.
package enum CBOR {
    package static let maximumDepth = 128

    /// The bytes of a tree.
    package static func encode(_ datum: Datum) -> [UInt8] {
        var bytes: [UInt8] = []
        write(datum, to: &bytes)
        return bytes
    }

    /// The tree of bytes.
    ///
    /// Throws ``CBORError`` when they are not one complete value.
    package static func decode(_ bytes: [UInt8]) throws(CBORError) -> Datum {
        var reader = CBORReader(bytes: bytes)
        let datum = try reader.value(depth: 0)
        guard reader.offset == bytes.count else {
            throw CBORError(offset: reader.offset, problem: "bytes after the value")
        }
        return datum
    }

    private static func write(_ datum: Datum, to bytes: inout [UInt8]) {
        switch datum {
        case .null: bytes.append(0xF6)
        case .bool(let bool): bytes.append(bool ? 0xF5 : 0xF4)
        case .integer(let integer):
            if integer >= 0 { head(0, UInt64(integer), to: &bytes) } else { head(1, UInt64(~integer), to: &bytes) }
        case .number(let number): float(number, to: &bytes)
        case .string(let string):
            head(3, UInt64(string.utf8.count), to: &bytes)
            bytes += string.utf8
        case .bytes(let content):
            head(2, UInt64(content.count), to: &bytes)
            bytes += content
        case .array(let elements):
            head(4, UInt64(elements.count), to: &bytes)
            for element in elements { write(element, to: &bytes) }
        case .object(let object):
            head(5, UInt64(object.members.count), to: &bytes)
            let members = object.members.map { (key: encode(.string($0.key)), value: $0.value) }
            for member in members.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
                bytes += member.key
                write(member.value, to: &bytes)
            }
        }
    }

    private static func head(_ type: UInt8, _ value: UInt64, to bytes: inout [UInt8]) {
        switch value {
        case 0..<24: bytes.append(type << 5 | UInt8(value))
        case 24...0xFF: bytes += [type << 5 | 24, UInt8(value)]
        case 0x100...0xFFFF: bytes.append(type << 5 | 25); bigEndian(UInt16(value), to: &bytes)
        case 0x1_0000...0xFFFF_FFFF: bytes.append(type << 5 | 26); bigEndian(UInt32(value), to: &bytes)
        default: bytes.append(type << 5 | 27); bigEndian(value, to: &bytes)
        }
    }

    private static func float(_ number: Double, to bytes: inout [UInt8]) {
        if number.isNaN {
            bytes += [0xF9, 0x7E, 0x00]
        } else if Double(Float16(number)) == number {
            bytes.append(0xF9)
            bigEndian(Float16(number).bitPattern, to: &bytes)
        } else if Double(Float(number)) == number {
            bytes.append(0xFA)
            bigEndian(Float(number).bitPattern, to: &bytes)
        } else {
            bytes.append(0xFB)
            bigEndian(number.bitPattern, to: &bytes)
        }
    }

    private static func bigEndian(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.bigEndian) { bytes += $0 }
    }
}

/// Bytes that are no CBOR this program writes, and where.
package struct CBORError: Error, Equatable, CustomStringConvertible {
    package var offset: Int
    package var problem: String

    package var description: String { "byte \(offset): \(problem)" }
}

private struct CBORReader {
    let bytes: [UInt8]
    var offset = 0

    func error(_ problem: String) -> CBORError { CBORError(offset: offset, problem: problem) }

    mutating func take(_ count: UInt64) throws(CBORError) -> ArraySlice<UInt8> {
        guard count <= UInt64(bytes.count - offset) else { throw error("the value ends early") }
        defer { offset += Int(count) }
        return bytes[offset..<offset + Int(count)]
    }

    mutating func unsigned(_ information: UInt8) throws(CBORError) -> UInt64 {
        switch information {
        case 0..<24: return UInt64(information)
        case 24...27: return try take(1 << (information - 24)).reduce(0) { $0 << 8 | UInt64($1) }
        default: throw error("a length that is not definite")
        }
    }

    mutating func value(depth: Int) throws(CBORError) -> Datum {
        guard depth < CBOR.maximumDepth else { throw error("nested too deep") }
        guard let first = try take(1).first else { throw error("the value ends early") }
        let information = first & 31
        if first >> 5 == 7 { return try simple(information) }
        let argument = try unsigned(information)
        switch first >> 5 {
        case 0:
            guard let integer = Int64(exactly: argument) else { throw error("a number beyond 64 bits") }
            return .integer(integer)
        case 1:
            guard let integer = Int64(exactly: argument) else { throw error("a number beyond 64 bits") }
            return .integer(~integer)
        case 2: return .bytes(Array(try take(argument)))
        case 3: return .string(try text(argument))
        case 4:
            var elements: [Datum] = []
            for _ in 0..<argument { elements.append(try value(depth: depth + 1)) }
            return .array(elements)
        case 5:
            var object = DatumObject()
            for _ in 0..<argument {
                guard case .string(let key) = try value(depth: depth + 1) else { throw error("a key that is not text") }
                guard object[key] == nil else { throw error("a key stands twice") }
                object[key] = try value(depth: depth + 1)
            }
            return .object(object)
        default: throw error("a tag")
        }
    }

    mutating func text(_ count: UInt64) throws(CBORError) -> String {
        guard let text = String(validating: try take(count), as: UTF8.self) else { throw error("text is not UTF-8") }
        return text
    }

    mutating func simple(_ information: UInt8) throws(CBORError) -> Datum {
        switch information {
        case 20: return .bool(false)
        case 21: return .bool(true)
        case 22: return .null
        case 25: return .number(Double(Float16(bitPattern: UInt16(try unsigned(25)))))
        case 26: return .number(Double(Float(bitPattern: UInt32(try unsigned(26)))))
        case 27: return .number(Double(bitPattern: try unsigned(27)))
        default: throw error("an unknown simple value")
        }
    }
}
