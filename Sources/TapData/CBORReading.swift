/// One run of a decoder over bytes that ``CBORCheck`` found good.
///
/// All offsets that places have come from the structure of the bytes, so they lie within them. Containers that outlive the
/// run find no bytes: `stop` empties them.
final class CBORReading {
    /// Where a map or array ends, and which container is the first after it.
    struct Extent {
        var end: UInt32
        var next: UInt32
        /// How many entries or elements it has.
        var count: UInt32
        /// Whether all its keys are ASCII; only then are equal texts equal bytes.
        var isASCII = true
    }

    struct Map {
        /// Where the map itself stands.
        var place: CBORPlace
        /// Where its first key stands.
        var first: CBORPlace
        var count: Int
        var isASCII: Bool
    }

    struct Elements {
        /// Where the next element stands.
        var place: CBORPlace
        var index = 0
        var count: Int
    }

    /// Where the search in a map goes on, for keys are mostly asked for in their order.
    struct Bookmark {
        var map: UInt32
        var index: Int
        var place: CBORPlace
    }

    // Nothing here hands out an access that outlives a statement; looking for such would cost a quarter of the time.
    @exclusivity(unchecked) var base: UnsafePointer<UInt8>?
    @exclusivity(unchecked) var extents = GrowingMemory<Extent>()
    /// One for each depth.
    @exclusivity(unchecked) var bookmarks = GrowingMemory<Bookmark>()
    /// The type that was last found to have no defaults: the question looks through all conformances of the program.
    @exclusivity(unchecked) private var plainType: ObjectIdentifier?
    /// How many more keys may be looked at: who asks for many keys in another order is better off with a tree.
    @exclusivity(unchecked) var looksLeft = 0
    private(set) var isBusy = false
    /// Whether only the tree can tell what the bytes mean.
    @exclusivity(unchecked) var isIrregular = false

    /// Checks bytes and makes them those of this run; false when only the tree can read them.
    func start(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        isIrregular = false
        isBusy = true
        looksLeft = 1000 + 16 * bytes.count
        extents.count = 0
        bookmarks.count = 0
        guard let start = bytes.baseAddress, bytes.count < UInt32.max else { return false }
        base = start
        var check = CBORCheck(base: start, end: bytes.count)
        guard check.value(depth: 0, into: &extents), check.offset == bytes.count else { return false }
        return check.mapsBeyondASCII.allSatisfy { place in
            guard let keys = try? keys(of: map(at: place)) else { return false }
            return Set(keys).count == keys.count
        }
    }

    func stop() {
        base = nil
        isBusy = false
    }

    /// Where a value stands; the tree knows it.
    var pathThroughTree: [any CodingKey] {
        isIrregular = true
        return []
    }

    /// The bytes from a place on.
    @inline(__always)
    func bytes(at place: CBORPlace) throws -> UnsafePointer<UInt8> {
        guard let base else { throw NeedsTree() }
        return base + Int(place.offset)
    }

    /// The argument of a head (RFC 8949, section 3), and how many bytes the head has.
    @inline(__always)
    static func argument(_ head: UnsafePointer<UInt8>) -> (value: UInt64, length: Int) {
        let information = head.pointee & 31
        return information < 24 ? (UInt64(information), 1) : longArgument(head)
    }

    static func longArgument(_ head: UnsafePointer<UInt8>) -> (value: UInt64, length: Int) {
        let rest = UnsafeRawPointer(head + 1)
        switch head.pointee & 31 {
        case 24: return (UInt64(head[1]), 2)
        case 25: return (UInt64(UInt16(bigEndian: rest.loadUnaligned(as: UInt16.self))), 3)
        case 26: return (UInt64(UInt32(bigEndian: rest.loadUnaligned(as: UInt32.self))), 5)
        default: return (UInt64(bigEndian: rest.loadUnaligned(as: UInt64.self)), 9)
        }
    }

    /// Moves a place behind the value there, and returns where it was.
    @inline(__always)
    func step(_ place: inout CBORPlace) -> CBORPlace {
        let start = place
        guard let base else { return start }
        let head = base + Int(place.offset)
        switch head.pointee >> 5 {
        case 2, 3:
            let (count, length) = CBORReading.argument(head)
            place.offset += UInt32(truncatingIfNeeded: length + Int(count))
        case 4, 5:
            let extent = extents.base[Int(place.container)]
            place.offset = extent.end
            place.container = extent.next
        default:
            let information = head.pointee & 31
            place.offset += information < 24 ? 1 : 1 + 1 << UInt32(information - 24)
        }
        return start
    }

    func isNull(at place: CBORPlace) -> Bool { base?[Int(place.offset)] == 0xF6 }

    func array(at place: CBORPlace) throws -> Elements {
        let head = try bytes(at: place)
        guard head.pointee >> 5 == 4 else { throw NeedsTree() }
        return Elements(
            place: inside(place, head), count: Int(extents.base[Int(place.container)].count))
    }

    /// Where the content of a map or array starts.
    @inline(__always)
    func inside(_ place: CBORPlace, _ head: UnsafePointer<UInt8>) -> CBORPlace {
        CBORPlace(
            offset: place.offset + UInt32(truncatingIfNeeded: CBORReading.argument(head).length),
            container: place.container + 1, depth: place.depth + 1)
    }

    /// Whether a type is one of those that have defaults.
    @inline(__always)
    func isDefaulted(_ type: any Decodable.Type) -> Bool {
        if plainType == ObjectIdentifier(type) { return false }
        if type is any Defaulted.Type { return true }
        plainType = ObjectIdentifier(type)
        return false
    }
}
