/// One key of an open map.
struct CBOREntry {
    /// The first eight bytes of the key, head and all, as a number: comparing these settles most.
    var prefix: UInt64
    /// Where the key stands.
    var start: Int
    var keyLength: Int
    /// Where the value ends; only known when the map is complete.
    var end = 0
}

extension CBORWriting {
    /// Writes the next key of a map.
    @inline(__always)
    func key(_ key: consuming String, in frame: FrameName) throws {
        guard reach(frame) else { throw NeedsTree() }
        self.key(key, in: frames.base + frame.depth)
    }

    private func key(_ key: consuming String, in frame: UnsafeMutablePointer<Frame>) {
        let start = output.count
        output.text(key)
        let length = output.count - start
        // What stands behind a short key is reserved, but perhaps not written: it is masked.
        var prefix = UInt64(bigEndian: UnsafeRawPointer(output.base + start).loadUnaligned(as: UInt64.self))
        if length < 8 { prefix &= ~0 << UInt64(64 - 8 * length) }
        var high = prefix & 0x8080_8080_8080_8080
        if length > 8 { for index in start + 8..<output.count { high |= UInt64(output.base[index] & 0x80) } }
        if high != 0 { frame.pointee.isASCII = false }
        let entry = CBOREntry(prefix: prefix, start: start, keyLength: length)
        if entries.count > frame.pointee.firstEntry, frame.pointee.isSorted {
            frame.pointee.isSorted = order(entries.base[entries.count - 1], entry) < 0
        }
        entries.append(entry)
    }

    /// Below zero when the first key stands before the second, zero when they are the same.
    private func order(_ left: CBOREntry, _ right: CBOREntry) -> Int {
        if left.prefix != right.prefix { return left.prefix < right.prefix ? -1 : 1 }
        // Equal heads: equal lengths, or both are longer than the prefix.
        let common = min(left.keyLength, right.keyLength)
        for index in min(8, common)..<common {
            let (one, other) = (output.base[left.start + index], output.base[right.start + index])
            if one != other { return one < other ? -1 : 1 }
        }
        return left.keyLength - right.keyLength
    }

    /// Brings the entries of a complete map into the order of their keys (RFC 8949, section 4.2.1).
    func sortEntries(_ frame: Frame) {
        var sorted = UnsafeMutableBufferPointer(
            start: entries.base + frame.firstEntry, count: entries.count - frame.firstEntry)
        if !frame.isASCII, !areDistinct(sorted) { isIrregular = true }
        if frame.isSorted { return }
        for index in sorted.indices {
            sorted[index].end = index + 1 < sorted.count ? sorted[index + 1].start : output.count
        }
        let first = sorted[0].start
        if sorted.count <= 16 {
            for index in 1..<sorted.count {
                let entry = sorted[index]
                var place = index
                while place > 0, order(entry, sorted[place - 1]) < 0 {
                    sorted[place] = sorted[place - 1]
                    place -= 1
                }
                sorted[place] = entry
            }
        } else {
            sorted.sort { order($0, $1) < 0 }
        }
        // Of keys that stand twice the tree knows which counts.
        for index in 1..<sorted.count where order(sorted[index - 1], sorted[index]) == 0 { isIrregular = true }
        output.reorder(from: first, entries: sorted)
    }

    /// Whether no two keys are the same text, as strings are compared: "é" can be written in two ways.
    private func areDistinct(_ entries: UnsafeMutableBufferPointer<CBOREntry>) -> Bool {
        var keys = Set<String>(minimumCapacity: entries.count)
        return entries.allSatisfy { entry in
            let head = CBOROutput.headLength(output.base[entry.start])
            let text = UnsafeBufferPointer(start: output.base + entry.start + head, count: entry.keyLength - head)
            return keys.insert(String(decoding: text, as: UTF8.self)).inserted
        }
    }
}
