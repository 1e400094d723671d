/// Looks through bytes once before they are read, and notes where maps and arrays end.
///
/// It lets pass what ``CBOR`` reads, as long as keys are written as ``CBOR`` writes them: each once, in the order of their
/// bytes, with shortest heads. It takes at most the room of one note for each byte and ``CBOR/maximumDepth`` levels.
struct CBORCheck {
    let base: UnsafePointer<UInt8>
    let end: Int
    private(set) var offset = 0
    /// The maps some of whose keys are not ASCII: only strings can tell whether those are all different.
    private(set) var mapsBeyondASCII: [CBORPlace] = []

    init(base: UnsafePointer<UInt8>, end: Int) {
        self.base = base
        self.end = end
    }

    /// Moves behind one value; false when it is none that can be read without a tree.
    mutating func value(depth: Int, into extents: inout GrowingMemory<CBORReading.Extent>) -> Bool {
        guard depth < CBOR.maximumDepth, offset < end else { return false }
        let first = base[offset]
        switch first >> 5 {
        case 0, 1: return argument().map { $0 <= UInt64(Int64.max) } ?? false
        case 2: return content() != nil
        case 3: return text() != nil
        case 4: return array(depth: depth, into: &extents)
        case 5: return map(depth: depth, into: &extents)
        case 7: return (20...22).contains(first & 31) || (25...27).contains(first & 31) ? argument() != nil : false
        default: return false
        }
    }

    /// Moves behind a head, and returns its argument.
    @inline(__always)
    private mutating func argument() -> UInt64? {
        let information = base[offset] & 31
        if information < 24 {
            offset += 1
            return UInt64(information)
        }
        guard information < 28, end - offset > 1 << Int(information - 24) else { return nil }
        let (value, length) = CBORReading.longArgument(base + offset)
        offset += length
        return value
    }

    /// Moves behind bytes or text, and returns the content.
    @inline(__always)
    private mutating func content() -> UnsafeBufferPointer<UInt8>? {
        guard let count = argument(), count <= UInt64(end - offset) else { return nil }
        defer { offset += Int(count) }
        return UnsafeBufferPointer(start: base + offset, count: Int(count))
    }

    /// Moves behind text, and returns whether it is ASCII; nil when it is not even UTF-8.
    @inline(__always)
    private mutating func text() -> Bool? {
        guard let content = content() else { return nil }
        if isASCII(content) { return true }
        return (try? UTF8Span(validating: content.span)) == nil ? nil : false
    }

    @inline(__always)
    private func isASCII(_ content: UnsafeBufferPointer<UInt8>) -> Bool {
        let bytes = UnsafeRawBufferPointer(content)
        var high: UInt64 = 0
        var index = 0
        while bytes.count - index >= 8 {
            high |= bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            index += 8
        }
        while index < bytes.count {
            high |= UInt64(bytes[index])
            index += 1
        }
        return high & 0x8080_8080_8080_8080 == 0
    }

    private mutating func array(depth: Int, into extents: inout GrowingMemory<CBORReading.Extent>) -> Bool {
        // Each element has a byte at least.
        guard let count = argument(), count <= UInt64(end - offset) else { return false }
        let note = extents.count
        extents.append(CBORReading.Extent(end: 0, next: 0, count: UInt32(truncatingIfNeeded: count)))
        for _ in 0..<Int(count) { guard value(depth: depth + 1, into: &extents) else { return false } }
        complete(note, &extents)
        return true
    }

    private mutating func map(depth: Int, into extents: inout GrowingMemory<CBORReading.Extent>) -> Bool {
        let head = offset
        guard let count = argument(), count <= UInt64(end - offset) / 2 else { return false }
        // The keys stand a level deeper.
        guard count == 0 || depth + 1 < CBOR.maximumDepth else { return false }
        let note = extents.count
        extents.append(CBORReading.Extent(end: 0, next: 0, count: UInt32(truncatingIfNeeded: count)))
        var isASCII = true
        var last = 0..<0
        for _ in 0..<Int(count) {
            guard offset < end, base[offset] >> 5 == 3 else { return false }
            let start = offset
            guard let isKeyASCII = text() else { return false }
            guard isShortest(start..<offset), last.isEmpty || precedes(last, start..<offset) else { return false }
            isASCII = isASCII && isKeyASCII
            last = start..<offset
            guard value(depth: depth + 1, into: &extents) else { return false }
        }
        if !isASCII {
            extents.base[note].isASCII = false
            mapsBeyondASCII.append(
                CBORPlace(offset: UInt32(truncatingIfNeeded: head), container: UInt32(truncatingIfNeeded: note)))
        }
        complete(note, &extents)
        return true
    }

    @inline(__always)
    private func complete(_ note: Int, _ extents: inout GrowingMemory<CBORReading.Extent>) {
        extents.base[note].end = UInt32(truncatingIfNeeded: offset)
        extents.base[note].next = UInt32(truncatingIfNeeded: extents.count)
    }

    /// Whether a key has the shortest head.
    @inline(__always)
    private func isShortest(_ key: Range<Int>) -> Bool {
        switch base[key.lowerBound] & 31 {
        case 0..<24: true
        case 24: key.count - 2 > 23
        case 25: key.count - 3 > 0xFF
        case 26: key.count - 5 > 0xFFFF
        default: key.count - 9 > 0xFFFF_FFFF
        }
    }

    /// Whether a key stands before another in the order of their bytes; no key starts another.
    @inline(__always)
    private func precedes(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
        for index in 0..<min(left.count, right.count) {
            let (one, other) = (base[left.lowerBound + index], base[right.lowerBound + index])
            if one != other { return one < other }
        }
        return false
    }
}
