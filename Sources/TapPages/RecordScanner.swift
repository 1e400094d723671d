/// Finds the records in the pages of a tap that are good, whatever the others are.
///
/// It follows no tree: it looks at each page for itself, so that a bad one costs the records in it, and those whose values
/// go on in it. It finds rows of tables and entries of indexes alike (a table WITHOUT ROWID is one), not knowing of which
/// table or index; pages that the database has freed are left out as far as the list of them can be read ("Database File
/// Format", sections 1.5, 1.6 and 2.3).
package struct RecordScanner {
    /// A record and where it was found.
    package struct Record: Sendable, Equatable {
        package let page: UInt32
        /// The row id, for which an INTEGER PRIMARY KEY is another name (its own value is null then); nil in an index.
        package let rowid: Int64?
        package let values: [SQLiteValue]
    }

    private let image: PageImage
    private let usable: Int
    /// How many overflow pages may still be read: each belongs to one record, unless somebody wants to keep us busy.
    private var overflowBudget: Int

    /// Prepares to scan an image.
    package init(_ image: PageImage) {
        self.image = image
        usable = image.usableBytes
        overflowBudget = 8 * Int(image.pageCount) + 64
    }

    /// Hands each record over, page by page.
    ///
    /// Answers how many there were that could not be read whole. Throws what the body throws.
    package func scan(_ body: (Record) throws -> Void) rethrows -> Int {
        var scanner = self
        let free = freePages()
        var lost = 0
        guard image.pageCount > 0 else { return 0 }
        for number in 1...image.pageCount where !free.contains(number) {
            guard let bytes = image.page(number), let page = TreePage(bytes, number: number, usable: usable) else {
                continue
            }
            for cell in page.cells {
                if let record = scanner.record(cell, in: page) { try body(record) } else { lost += 1 }
            }
        }
        return lost
    }

    private mutating func record(_ cell: Int, in page: TreePage) -> Record? {
        // In front of an entry of an interior page is the number of the page below.
        var reader = RecordReader(page.bytes, from: cell + (page.kind == .indexInterior ? 4 : 0), to: usable)
        guard let size = reader.variable().flatMap({ Int(exactly: $0) }), size <= Int(image.pageCount) * usable else {
            return nil
        }
        var rowid: Int64?
        if page.kind == .tableLeaf {
            guard let number = reader.variable() else { return nil }
            rowid = Int64(bitPattern: number)
        }
        guard let local = reader.take(localBytes(of: size, page.kind)) else { return nil }
        var payload = Array(local)
        if payload.count < size {
            guard let next = reader.take(4) else { return nil }
            guard appendOverflow(UInt32(BigEndian.number(next, 0, 4)), to: &payload, size) else { return nil }
        }
        return RecordReader.values(payload).map { Record(page: page.number, rowid: rowid, values: $0) }
    }

    /// How much of a payload is in its page ("Database File Format", section 1.6).
    private func localBytes(of size: Int, _ kind: TreePage.Kind) -> Int {
        let most = kind == .tableLeaf ? usable - 35 : (usable - 12) * 64 / 255 - 23
        guard size > most else { return size }
        let least = (usable - 12) * 32 / 255 - 23
        let wanted = least + (size - least) % (usable - 4)
        return wanted <= most ? wanted : least
    }

    /// Appends the overflow pages of a payload until it has its size.
    ///
    /// Each page makes it longer, so a circle of pages comes to an end.
    private mutating func appendOverflow(_ first: UInt32, to payload: inout [UInt8], _ size: Int) -> Bool {
        var next = first
        while payload.count < size {
            guard overflowBudget > 0, let page = image.page(next) else { return false }
            overflowBudget -= 1
            payload += page[4..<min(usable, 4 + size - payload.count)]
            next = UInt32(BigEndian.number(page, 0, 4))
        }
        return true
    }

    /// The pages of the freelist, as far as it can be followed ("Database File Format", section 1.5).
    private func freePages() -> Set<UInt32> {
        var free: Set<UInt32> = []
        var next = image.page(1).map { UInt32(BigEndian.number($0, 32, 4)) } ?? 0
        while next != 0, !free.contains(next), let trunk = image.page(next) {
            free.insert(next)
            let count = min(Int(BigEndian.number(trunk, 4, 4)), usable / 4 - 2)
            for index in 0..<max(0, count) { free.insert(UInt32(BigEndian.number(trunk, 8 + 4 * index, 4))) }
            next = UInt32(BigEndian.number(trunk, 0, 4))
        }
        return free
    }
}
