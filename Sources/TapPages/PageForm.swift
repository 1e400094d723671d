/// The form that the pages of a file have on the disk.
///
/// SQLite leaves some bytes at the end of each page alone (its "Database File Format", section 1.3.4): there is the
/// trailer that tells whether the page is what was written.
enum PageForm: Sendable {
    /// Readable by anyone; the trailer is the XXH64 of what is before it, seeded with the page number.
    case checked
    /// Encrypted and authenticated.
    case sealed(SealKey)

    /// The size of every page of every tap, in bytes.
    static let pageSize = 4096

    /// The bytes of the trailer.
    var reservedBytes: Int {
        switch self {
        case .checked: 8
        case .sealed: SealedPage.trailerBytes
        }
    }

    /// Where page 1 begins in the file.
    var firstPageOffset: Int64 {
        switch self {
        case .checked: 0
        case .sealed: Int64(SealHeader.size)
        }
    }

    /// Where a page begins in the file.
    ///
    /// Pages count from 1.
    func offset(of page: UInt32) -> Int64 { firstPageOffset + Int64(page) * 4096 - 4096 }

    /// Turns a page as it is on the disk into what SQLite wrote, in its place.
    ///
    /// Answers false when it is not what was written.
    func open(_ page: UnsafeMutableRawPointer, number: UInt32) -> Bool {
        switch self {
        case .checked: PageForm.trailer(page) == PageForm.computedTrailer(page, number: number)
        case .sealed(let key): SealedPage.open(page, .main(number), key)
        }
    }

    /// Writes the form on the disk of a page of SQLite's to `target`.
    func close(_ page: UnsafeRawPointer, to target: UnsafeMutableRawPointer, number: UInt32) {
        switch self {
        case .checked:
            target.copyMemory(from: page, byteCount: PageForm.pageSize)
            let trailer = PageForm.computedTrailer(page, number: number).littleEndian
            target.storeBytes(of: trailer, toByteOffset: 4088, as: UInt64.self)
        case .sealed(let key): SealedPage.close(page, to: target, .main(number), key)
        }
    }

    /// The hash a checked page has to bear.
    static func computedTrailer(_ page: UnsafeRawPointer, number: UInt32) -> UInt64 {
        XXHash64.hash(UnsafeRawBufferPointer(start: page, count: 4088), seed: UInt64(number))
    }

    /// The hash a checked page bears.
    static func trailer(_ page: UnsafeRawPointer) -> UInt64 {
        UInt64(littleEndian: page.loadUnaligned(fromByteOffset: 4088, as: UInt64.self))
    }
}
