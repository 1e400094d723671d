/// Reads records of SQLite ("Database File Format", section 2.1), which may be anything: no bytes make it crash.
struct RecordReader {
    private let bytes: [UInt8]
    private var position: Int
    private let end: Int

    /// Reads from a place on, up to another.
    init(_ bytes: [UInt8], from position: Int = 0, to end: Int? = nil) {
        self.bytes = bytes
        self.end = min(end ?? bytes.count, bytes.count)
        self.position = position
    }

    /// The bytes that are left.
    var remaining: Int { max(0, end - position) }

    /// A number of one to nine bytes: seven bits in each, the first ones first, and eight in the ninth.
    mutating func variable() -> UInt64? {
        var number: UInt64 = 0
        for index in 0..<9 {
            guard let byte = take(1)?.first else { return nil }
            if index == 8 { return number << 8 | UInt64(byte) }
            number = number << 7 | UInt64(byte & 0x7F)
            if byte < 0x80 { break }
        }
        return number
    }

    /// So many bytes, or nil when there are fewer.
    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard position >= 0, count >= 0, count <= remaining else { return nil }
        defer { position += count }
        return bytes[position..<position + count]
    }

    /// The values of a record that takes all bytes, or nil when it is none.
    static func values(_ payload: [UInt8]) -> [SQLiteValue]? {
        var header = RecordReader(payload)
        guard let size = header.variable().flatMap({ Int(exactly: $0) }), size <= payload.count else { return nil }
        let used = payload.count - header.remaining
        guard size >= used else { return nil }
        header = RecordReader(payload, from: used, to: size)
        var body = RecordReader(payload, from: size)
        var values: [SQLiteValue] = []
        while header.remaining > 0 {
            guard let type = header.variable(), let value = body.value(of: type) else { return nil }
            values.append(value)
        }
        return body.remaining == 0 ? values : nil
    }

    /// A value of a serial type.
    private mutating func value(of type: UInt64) -> SQLiteValue? {
        switch type {
        case 0: return .null
        case 1...4: return take(Int(type)).map { .integer(RecordReader.signed($0)) }
        case 5: return take(6).map { .integer(RecordReader.signed($0)) }
        case 6: return take(8).map { .integer(RecordReader.signed($0)) }
        case 7: return take(8).map { .real(Double(bitPattern: BigEndian.number($0, 0, 8))) }
        case 8, 9: return .integer(Int64(type) - 8)
        case 10, 11: return nil
        default:
            guard let bytes = Int(exactly: (type - 12) / 2).flatMap({ take($0) }) else { return nil }
            return type % 2 == 0 ? .blob(Array(bytes)) : .text(String(decoding: bytes, as: UTF8.self))
        }
    }

    /// A number in two's complement.
    private static func signed(_ bytes: ArraySlice<UInt8>) -> Int64 {
        let unused = Int64(64 - 8 * bytes.count)
        return Int64(bitPattern: BigEndian.number(bytes, 0, bytes.count) << unused) >> unused
    }
}
