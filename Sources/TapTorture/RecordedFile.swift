import TapTesting

/// What was written to one file, and how much of it a disk is sure to hold.
struct RecordedFile {
    enum Change {
        case write(offset: Int, data: [UInt8])
        case truncate(size: Int)
    }

    private enum Standing {
        /// It was synced.
        case certain
        /// It was not synced yet: the kernel may have written it or not.
        case pending
        /// Syncing it failed: the kernel may have forgotten it, and later syncs say nothing about it.
        case doubtful
    }

    /// What all disks hold, before `changes`.
    private var image: [UInt8] = []
    private var changes: [(change: Change, standing: Standing)] = []

    init() {}

    /// A file that was there, on the disk, before anything was recorded.
    init(durable image: [UInt8]) { self.image = image }

    mutating func add(_ change: Change) { changes.append((change, .pending)) }

    mutating func synchronize() {
        for index in changes.indices where changes[index].standing == .pending { changes[index].standing = .certain }
        // What was in doubt lies beneath what is certain and stays in the list.
        guard changes.allSatisfy({ $0.standing == .certain }) else { return }
        for (change, _) in changes { RecordedFile.apply(change, to: &image) }
        changes = []
    }

    mutating func synchronizingFailed() {
        for index in changes.indices where changes[index].standing == .pending { changes[index].standing = .doubtful }
    }

    /// The content as programs see it.
    var current: [UInt8] {
        changes.reduce(into: image) { RecordedFile.apply($1.change, to: &$0) }
    }

    /// The content with nothing but what was synced.
    var synchronized: [UInt8] {
        changes.reduce(into: image) { if $1.standing == .certain { RecordedFile.apply($1.change, to: &$0) } }
    }

    /// A content that a disk could hold after a power failure.
    ///
    /// Each page of the file is on the disk as it was at some time since it was synced: so any of the changes may be
    /// missing, and those that are there are there in their order. A write may be torn between sectors of 512 bytes, and,
    /// harder than disks are, between any two bytes.
    func torn(_ random: inout SeededGenerator) -> [UInt8] {
        let (kept, torn) = ([1, 5, 9][random.next(below: 3)], random.next(below: 4))
        return changes.reduce(into: image) { content, entry in
            guard entry.standing != .certain else { return RecordedFile.apply(entry.change, to: &content) }
            guard case .write(let offset, let data) = entry.change else {
                if random.next(below: 10) < kept { RecordedFile.apply(entry.change, to: &content) }
                return
            }
            if random.next(below: 10) < torn {
                for part in RecordedFile.parts(of: data, at: offset, &random) where random.next(below: 2) == 0 {
                    RecordedFile.apply(
                        .write(offset: part.lowerBound, data: Array(data[part.map(offset)])), to: &content)
                }
            } else if random.next(below: 10) < kept {
                RecordedFile.apply(entry.change, to: &content)
            } else if random.next(below: 4) == 0, offset + data.count > content.count {
                // The size of a file is written apart from what is in it.
                RecordedFile.apply(.truncate(size: offset + data.count), to: &content)
            }
        }
    }

    /// The ranges of a file between which a write can be torn.
    private static func parts(of data: [UInt8], at offset: Int, _ random: inout SeededGenerator) -> [Range<Int>] {
        let end = offset + data.count
        guard random.next(below: 4) > 0, offset / 512 != (end - 1) / 512 else {
            let middle = offset + random.next(below: data.count + 1)
            return [offset..<middle, middle..<end]
        }
        var parts: [Range<Int>] = []
        var start = offset
        while start < end {
            let next = min(end, (start / 512 + 1) * 512)
            parts.append(start..<next)
            start = next
        }
        return parts
    }

    private static func apply(_ change: Change, to content: inout [UInt8]) {
        switch change {
        case .truncate(let size) where size < content.count: content.removeLast(content.count - size)
        case .truncate(let size): content += repeatElement(0, count: size - content.count)
        case .write(let offset, let data):
            if offset + data.count > content.count {
                content += repeatElement(0, count: offset + data.count - content.count)
            }
            content.replaceSubrange(offset..<offset + data.count, with: data)
        }
    }
}

extension Range<Int> {
    fileprivate func map(_ offset: Int) -> Range<Int> { lowerBound - offset..<upperBound - offset }
}
