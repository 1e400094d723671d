extension CBORReading {
    /// Opens a map.
    func map(at place: CBORPlace) throws -> Map {
        let head = try bytes(at: place)
        guard head.pointee >> 5 == 5 else { throw NeedsTree() }
        let extent = extents.base[Int(place.container)]
        let first = inside(place, head)
        let depth = Int(place.depth)
        let bookmark = Bookmark(map: place.offset, index: 0, place: first)
        while bookmarks.count <= depth { bookmarks.append(bookmark) }
        bookmarks.base[depth] = bookmark
        return Map(place: place, first: first, count: Int(extent.count), isASCII: extent.isASCII)
    }

    /// Where the value of a key stands.
    @inline(__always)
    func find(_ key: consuming String, in map: Map) -> CBORPlace? {
        if let place = key.withUTF8({ find($0, in: map) }) { return place }
        return missing(key, in: map)
    }

    private func find(_ key: UnsafeBufferPointer<UInt8>, in map: Map) -> CBORPlace? {
        guard let base, looksLeft > 0 else { return nil }
        var mark = bookmarks.base[Int(map.place.depth)]
        // Another map of the same depth has been opened since.
        if mark.map != map.place.offset { mark = Bookmark(map: map.place.offset, index: 0, place: map.first) }
        for look in 0..<map.count {
            if mark.index == map.count {
                mark.index = 0
                mark.place = map.first
            }
            let head = base + Int(mark.place.offset)
            let (count, length) = CBORReading.argument(head)
            mark.place.offset += UInt32(truncatingIfNeeded: length + Int(count))
            let place = step(&mark.place)
            mark.index += 1
            if Int(count) == key.count, isEqual(head + length, key) {
                bookmarks.base[Int(map.place.depth)] = mark
                looksLeft -= look
                return place
            }
        }
        looksLeft -= map.count
        return nil
    }

    @inline(__always)
    private func isEqual(_ bytes: UnsafePointer<UInt8>, _ key: UnsafeBufferPointer<UInt8>) -> Bool {
        for index in 0..<key.count where bytes[index] != key[index] { return false }
        return true
    }

    /// What stands for a key that is not there byte by byte.
    @inline(never)
    private func missing(_ key: String, in map: Map) -> CBORPlace? {
        // The tree finds keys in any order, and knows the defaults.
        if looksLeft <= 0 || map.place.isDefaulted {
            isIrregular = true
            return nil
        }
        // Two texts can be equal in other bytes.
        if map.isASCII, key.utf8.allSatisfy({ $0 < 0x80 }) { return nil }
        var place = map.first
        for _ in 0..<map.count {
            let name = step(&place)
            let value = step(&place)
            if (try? text(at: name)) == key { return value }
        }
        return nil
    }

    /// The keys of a map in their order.
    func keys(of map: Map) -> [String] {
        if map.place.isDefaulted { isIrregular = true }
        var keys: [String] = []
        var place = map.first
        for _ in 0..<map.count {
            guard let key = try? text(at: step(&place)) else { return keys }
            keys.append(key)
            _ = step(&place)
        }
        return keys
    }
}
