import TapTesting

/// What can happen to the bytes of a file on a bad disk.
enum Damage: CaseIterable {
    case flippedBit, changedByte, changedSector, zeroedSector, zeroedPage, copiedPage, swappedPages, cutOff, longer

    /// Does it to a file, at a random place.
    ///
    /// Half of the small changes are in the first pages, where the layout is.
    func apply(to bytes: inout [UInt8], page: Int, _ random: inout SeededGenerator) {
        guard bytes.count > 1 else { return }
        let reach = random.next(below: 2) == 0 ? min(bytes.count, 2 * page) : bytes.count
        let place = random.next(below: reach)
        switch self {
        case .flippedBit: bytes[place] ^= 1 << UInt8(random.next(below: 8))
        case .changedByte: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        case .changedSector: fill(&bytes, place, 512) { UInt8(truncatingIfNeeded: random.next()) }
        case .zeroedSector: fill(&bytes, place, 512) { 0 }
        case .zeroedPage: fill(&bytes, random.next(below: bytes.count), page) { 0 }
        case .copiedPage, .swappedPages:
            let pages = bytes.count / page
            guard pages > 1 else { return }
            let (from, to) = (random.next(below: pages) * page, random.next(below: pages) * page)
            for index in 0..<page {
                if self == .swappedPages {
                    bytes.swapAt(from + index, to + index)
                } else {
                    bytes[to + index] = bytes[from + index]
                }
            }
        case .cutOff: bytes.removeLast(1 + random.next(below: bytes.count))
        case .longer: bytes += (0..<random.next(below: 3 * page)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        }
    }

    private func fill(_ bytes: inout [UInt8], _ place: Int, _ size: Int, _ byte: () -> UInt8) {
        let start = place / size * size
        for index in start..<min(start + size, bytes.count) { bytes[index] = byte() }
    }
}
