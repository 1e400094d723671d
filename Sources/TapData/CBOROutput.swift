/// Bytes that grow, and the items of CBOR (RFC 8949, section 3) that are added to them.
final class CBOROutput {
    /// The bytes, of which `count` are written.
    // Nothing here hands out an access that outlives a statement, so nothing needs to look for such.
    @exclusivity(unchecked) private(set) var base: UnsafeMutablePointer<UInt8>
    @exclusivity(unchecked) var count = 0
    @exclusivity(unchecked) private var capacity = 256
    @exclusivity(unchecked) private var spare = GrowingMemory<UInt8>()

    init() { base = .allocate(capacity: capacity) }

    deinit { base.deallocate() }

    /// Makes room for so many more bytes.
    @inline(__always)
    func reserve(_ additional: Int) { if capacity - count < additional { grow(additional) } }

    @inline(never)
    private func grow(_ additional: Int) {
        capacity = max(2 * capacity, count + additional)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        larger.update(from: base, count: count)
        base.deallocate()
        base = larger
    }

    @inline(__always)
    func byte(_ byte: UInt8) {
        reserve(1)
        base[count] = byte
        count += 1
    }

    @inline(__always)
    private func bigEndian<Number: FixedWidthInteger>(_ first: UInt8, _ number: Number) {
        reserve(9)
        base[count] = first
        UnsafeMutableRawPointer(base + count + 1).storeBytes(of: number.bigEndian, as: Number.self)
        count += 1 + MemoryLayout<Number>.size
    }

    /// The shortest head of a type from 0 to 5 with its argument.
    @inline(__always)
    func head(_ type: UInt8, _ argument: UInt64) {
        if argument < 24 { byte(type << 5 | UInt8(truncatingIfNeeded: argument)) } else { longHead(type, argument) }
    }

    private func longHead(_ type: UInt8, _ argument: UInt64) {
        switch argument {
        case 0...0xFF: bigEndian(type << 5 | 24, UInt8(argument))
        case 0x100...0xFFFF: bigEndian(type << 5 | 25, UInt16(argument))
        case 0x1_0000...0xFFFF_FFFF: bigEndian(type << 5 | 26, UInt32(argument))
        default: bigEndian(type << 5 | 27, argument)
        }
    }

    /// How many bytes a head has that starts with a byte.
    static func headLength(_ first: UInt8) -> Int { first & 31 < 24 ? 1 : 1 + 1 << Int((first & 31) - 24) }

    func integer(_ integer: Int64) {
        head(integer < 0 ? 1 : 0, UInt64(bitPattern: integer < 0 ? ~integer : integer))
    }

    func number(_ number: Double) {
        if number.isNaN {
            bigEndian(0xF9, UInt16(0x7E00))
        } else if Double(Float(number)) != number {
            bigEndian(0xFB, number.bitPattern)
        } else if Double(Float16(number)) == number {
            bigEndian(0xF9, Float16(number).bitPattern)
        } else {
            bigEndian(0xFA, Float(number).bitPattern)
        }
    }

    @inline(__always)
    func text(_ text: consuming String) {
        text.withUTF8 { content(3, $0) }
    }

    func bytes(_ bytes: [UInt8]) { bytes.withUnsafeBufferPointer { content(2, $0) } }

    /// Adds bytes as they are.
    func append(_ bytes: [UInt8]) {
        reserve(bytes.count)
        bytes.withUnsafeBufferPointer { source in
            if let address = source.baseAddress { (base + count).update(from: address, count: source.count) }
        }
        count += bytes.count
    }

    @inline(__always)
    private func content(_ type: UInt8, _ bytes: UnsafeBufferPointer<UInt8>) {
        // The head, and what is read beyond a short key.
        reserve(17 + bytes.count)
        if bytes.count < 24 {
            base[count] = type << 5 | UInt8(truncatingIfNeeded: bytes.count)
            count += 1
        } else {
            longHead(type, UInt64(bytes.count))
        }
        if let source = bytes.baseAddress { CBOROutput.copy(source, to: base + count, count: bytes.count) }
        count += bytes.count
    }

    /// Copies bytes that do not overlap; most are few, and a call would take longer than to copy them.
    @inline(__always)
    private static func copy(_ source: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>, count: Int) {
        if count > 16 {
            target.update(from: source, count: count)
        } else if count >= 8 {
            copyEnds(UInt64.self, source, target, count)
        } else if count >= 4 {
            copyEnds(UInt32.self, source, target, count)
        } else {
            for index in 0..<count { target[index] = source[index] }
        }
    }

    /// Copies bytes as two words, one from each end, which may share bytes.
    @inline(__always)
    private static func copyEnds<Word: FixedWidthInteger & BitwiseCopyable>(
        _ word: Word.Type, _ source: UnsafePointer<UInt8>, _ target: UnsafeMutablePointer<UInt8>, _ count: Int
    ) {
        let last = count - MemoryLayout<Word>.size
        let (from, to) = (UnsafeRawPointer(source), UnsafeMutableRawPointer(target))
        let end = from.loadUnaligned(fromByteOffset: last, as: word)
        to.storeBytes(of: from.loadUnaligned(as: word), as: word)
        to.storeBytes(of: end, toByteOffset: last, as: word)
    }

    /// Writes the head of a map or array over the one byte that was left for it.
    @inline(__always)
    func patchHead(_ type: UInt8, _ argument: UInt64, at start: Int) {
        if argument < 24 {
            base[start] = type << 5 | UInt8(truncatingIfNeeded: argument)
        } else {
            widenHead(type, argument, at: start)
        }
    }

    private func widenHead(_ type: UInt8, _ argument: UInt64, at start: Int) {
        let end = count
        let length = argument <= 0xFF ? 2 : argument <= 0xFFFF ? 3 : argument <= 0xFFFF_FFFF ? 5 : 9
        reserve(9)
        (base + start + length).update(from: base + start + 1, count: end - start - 1)
        count = start
        longHead(type, argument)
        count = end + length - 1
    }

    /// Writes the entries of a map, which are the last bytes, in another order.
    func reorder(from start: Int, entries: UnsafeMutableBufferPointer<CBOREntry>) {
        spare.count = 0
        spare.reserve(count - start)
        var place = start
        var hasMoved = false
        for entry in entries {
            // What stands at its place already can stay.
            if !hasMoved, entry.start == place {
                place = entry.end
            } else {
                if !hasMoved { spare.count = 0 }
                hasMoved = true
                let length = entry.end - entry.start
                CBOROutput.copy(base + entry.start, to: spare.base + spare.count, count: length)
                spare.count += length
            }
        }
        (base + place).update(from: spare.base, count: spare.count)
    }
}

/// Memory for a stack of plain values, which keeps what it has for the next use.
struct GrowingMemory<Element: BitwiseCopyable>: ~Copyable {
    private(set) var base: UnsafeMutablePointer<Element>
    var count = 0
    private var capacity = 16

    init() { base = .allocate(capacity: capacity) }

    deinit { base.deallocate() }

    /// Makes room for so many more.
    @inline(__always)
    mutating func reserve(_ additional: Int) { if capacity - count < additional { grow(additional) } }

    @inline(never)
    private mutating func grow(_ additional: Int) {
        capacity = max(2 * capacity, count + additional)
        let larger = UnsafeMutablePointer<Element>.allocate(capacity: capacity)
        larger.update(from: base, count: count)
        base.deallocate()
        base = larger
    }

    @inline(__always)
    mutating func append(_ element: Element) {
        reserve(1)
        (base + count).initialize(to: element)
        count += 1
    }
}
