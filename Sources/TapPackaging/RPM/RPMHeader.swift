/// A header of an rpm: entries with a tag and values, as "RPM Package Header format" of rpm's manual describes it.
struct RPMHeader {
    /// The values of an entry.
    enum Value {
        case int16([UInt16])
        case int32([UInt32])
        case int64([UInt64])
        case string(String)
        case strings([String])
        /// A string that could have translations, and has none.
        case translated(String)
        case bytes([UInt8])
    }

    /// How many bytes rpm reads; a header that is larger is of no use.
    static let maximumSize = 1 << 28

    /// The size of an entry of the index, and of the twin that the region's has in the data.
    private static let entrySize = 16

    private let region: RPMTag
    private var entries: [UInt32: Value] = [:]

    /// A header without entries.
    ///
    /// - Parameter region: the tag that says that all entries belong together, and what kind of header it is.
    init(region: RPMTag) { self.region = region }

    subscript(tag: RPMTag) -> Value? {
        get { entries[tag.rawValue] }
        set { entries[tag.rawValue] = newValue }
    }

    subscript(tag: RPMSignatureTag) -> Value? {
        get { entries[tag.rawValue] }
        set { entries[tag.rawValue] = newValue }
    }

    /// The header as it stands in the file.
    var bytes: [UInt8] {
        var index: [UInt8] = []
        var data: [UInt8] = []
        for (tag, value) in entries.sorted(by: { $0.key < $1.key }) {
            data += [UInt8](repeating: 0, count: -data.count & (value.alignment - 1))
            index += entry(tag, type: value.type, offset: data.count, count: value.count)
            data += value.bytes
        }
        let regionEntry = entry(region.rawValue, type: 7, offset: data.count, count: Self.entrySize)
        data += entry(
            region.rawValue, type: 7, offset: -(index.count + Self.entrySize), count: Self.entrySize)
        let magic: [UInt8] = [0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0]
        return magic + UInt32(entries.count + 1).bigEndianBytes + UInt32(clamping: data.count).bigEndianBytes
            + regionEntry + index + data
    }

    private func entry(_ tag: UInt32, type: UInt32, offset: Int, count: Int) -> [UInt8] {
        tag.bigEndianBytes + type.bigEndianBytes + Int32(clamping: offset).bigEndianBytes
            + UInt32(clamping: count).bigEndianBytes
    }
}

extension RPMHeader.Value {
    fileprivate var type: UInt32 {
        switch self {
        case .int16: 3
        case .int32: 4
        case .int64: 5
        case .string: 6
        case .bytes: 7
        case .strings: 8
        case .translated: 9
        }
    }

    fileprivate var alignment: Int {
        switch self {
        case .int16: 2
        case .int32: 4
        case .int64: 8
        case .string, .strings, .translated, .bytes: 1
        }
    }

    fileprivate var count: Int {
        switch self {
        case .int16(let numbers): numbers.count
        case .int32(let numbers): numbers.count
        case .int64(let numbers): numbers.count
        case .string, .translated: 1
        case .strings(let strings): strings.count
        case .bytes(let bytes): bytes.count
        }
    }

    fileprivate var bytes: [UInt8] {
        switch self {
        case .int16(let numbers): numbers.flatMap(\.bigEndianBytes)
        case .int32(let numbers): numbers.flatMap(\.bigEndianBytes)
        case .int64(let numbers): numbers.flatMap(\.bigEndianBytes)
        case .string(let string), .translated(let string): Self.terminated(string)
        case .strings(let strings): strings.flatMap(Self.terminated)
        case .bytes(let bytes): bytes
        }
    }

    /// A zero ends a string, so that none can be in it.
    private static func terminated(_ string: String) -> [UInt8] { string.utf8.filter { $0 != 0 } + [0] }
}
