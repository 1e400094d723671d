/// The checksum of SQLite's write-ahead log ("WAL File Format", section 4.2): each goes on from the one before.
struct LogChecksum: Equatable {
    private var first: UInt32
    private var second: UInt32

    /// The sum before the header of the log.
    init() { (first, second) = (0, 0) }

    /// A sum as it is written.
    init(_ bytes: ArraySlice<UInt8>) {
        (first, second) = (UInt32(BigEndian.number(bytes, 0, 4)), UInt32(BigEndian.number(bytes, 4, 4)))
    }

    /// The sum after more bytes, a multiple of 8, taken as words of the byte order that the log says.
    func adding(_ bytes: ArraySlice<UInt8>, isBigEndian: Bool) -> LogChecksum {
        var sum = self
        bytes.withUnsafeBytes { bytes in
            for offset in stride(from: 0, to: bytes.count - 7, by: 8) {
                let low = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
                let high = bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
                sum.first &+= (isBigEndian ? low.bigEndian : low.littleEndian) &+ sum.second
                sum.second &+= (isBigEndian ? high.bigEndian : high.littleEndian) &+ sum.first
            }
        }
        return sum
    }
}
