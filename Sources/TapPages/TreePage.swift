/// A page of a b-tree that has records ("Database File Format", section 1.6).
struct TreePage {
    enum Kind: UInt8 {
        case indexInterior = 0x02
        case indexLeaf = 0x0A
        case tableLeaf = 0x0D
    }

    let number: UInt32
    let kind: Kind
    let bytes: [UInt8]
    /// Where its cells begin: places within the usable part of the page.
    let cells: [Int]

    /// Looks at a page.
    ///
    /// Answers nil when it has no records.
    init?(_ bytes: [UInt8], number: UInt32, usable: Int) {
        // Before the tree's part of the first page is the header of the database.
        let start = number == 1 ? 100 : 0
        guard bytes.count == PageForm.pageSize, let kind = Kind(rawValue: bytes[start]) else { return nil }
        self.number = number
        self.kind = kind
        self.bytes = bytes
        let pointers = start + (kind == .indexInterior ? 12 : 8)
        let count = Int(BigEndian.number(bytes, start + 3, 2))
        let end = pointers + 2 * count
        guard end <= usable else { return nil }
        // Two pointers to the same place are a mistake that would show a record twice.
        var seen: Set<Int> = []
        cells = stride(from: pointers, to: end, by: 2).compactMap { pointer in
            let cell = Int(BigEndian.number(bytes, pointer, 2))
            return (end..<usable).contains(cell) && seen.insert(cell).inserted ? cell : nil
        }
    }
}
