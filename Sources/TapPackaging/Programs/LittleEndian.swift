extension [UInt8] {
    /// The number whose bytes begin at an offset, the lowest first; all of it must be there.
    func number<Number: FixedWidthInteger>(_ type: Number.Type = Number.self, at offset: Int) -> Number {
        precondition(offset >= 0 && offset <= count - MemoryLayout<Number>.size, "the caller knows how much was read")
        return withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Number.self)) }
    }

    /// Writes a number over the bytes at an offset, the lowest first; all of them must be there.
    mutating func replace<Number: FixedWidthInteger>(at offset: Int, with number: Number) {
        precondition(offset >= 0 && offset <= count - MemoryLayout<Number>.size, "a header has a fixed size")
        withUnsafeMutableBytes { $0.storeBytes(of: number.littleEndian, toByteOffset: offset, as: Number.self) }
    }

    /// The text from an offset to the next zero; nil: it begins or ends outside, or is not UTF-8.
    func text(at offset: Int) -> String? {
        guard indices.contains(offset), let end = self[offset...].firstIndex(of: 0) else { return nil }
        return String(validating: self[offset..<end], as: UTF8.self)
    }
}
