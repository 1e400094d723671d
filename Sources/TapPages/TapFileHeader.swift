import Glibc
import Taproom

/// What the beginning of a file tells about its pages: how it is to be opened.
package enum TapFileHeader: Sendable, Equatable {
    case empty
    /// A database that ends in its first page, after so many bytes.
    case cutOff(bytes: Int)
    /// Neither SQLite's word nor ours is at the beginning.
    case notSQLite
    /// A database whose pages have no trailers, or those of somebody else: so many bytes are reserved.
    ///
    /// None are in taps of format 1.
    case unprotected(reserved: Int)
    case checked
    /// A checked file whose first page is not what was written.
    ///
    /// Opening it gives an error; ``PageImage`` reads the rest.
    case checkedButDamaged
    case sealed(SealHeader)

    /// Reads the beginning of a file.
    ///
    /// Nobody in this process may have the file open through SQLite: its locks would be lost (fcntl(2)). Throws
    /// ``SystemCallError``, or ``SealError`` when the header of a sealed tap is damaged.
    package static func read(_ path: String) throws -> TapFileHeader {
        try TapFileHeader(try FileBytes(path), path: path)
    }

    /// Reads the beginning of an open file, which stays where it is.
    ///
    /// Throws as ``read(_:)``; errors call the file `path`.
    package static func read(descriptor: CInt, path: String) throws -> TapFileHeader {
        try TapFileHeader(FileBytes(borrowing: descriptor, path: path), path: path)
    }

    private init(_ file: FileBytes, path: String) throws {
        let page = try file.read(PageForm.pageSize, at: 0)
        let second = try file.read(PageForm.pageSize, at: Int64(PageForm.pageSize))
        if page.isEmpty {
            self = .empty
        } else if SealHeader.isPresent(in: page) {
            self = .sealed(try SealHeader(page: page, path: path))
        } else if page.count < PageForm.pageSize, page.starts(with: TapFileHeader.word.prefix(page.count)) {
            self = .cutOff(bytes: page.count)
        } else if TapFileHeader.isChecked(page, number: 1) {
            self = page.starts(with: TapFileHeader.word) && page[20] == 8 ? .checked : .notSQLite
        } else if TapFileHeader.isDamaged(page, followedBy: second) {
            self = .checkedButDamaged
        } else {
            let isDatabase = page.starts(with: TapFileHeader.word) && page.count >= 100
            self = isDatabase ? .unprotected(reserved: Int(page[20])) : .notSQLite
        }
    }

    private static let word = Array("SQLite format 3\0".utf8)

    private static func isChecked(_ page: [UInt8], number: UInt32) -> Bool {
        guard page.count == PageForm.pageSize else { return false }
        return page.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return false }
            return PageForm.trailer(start) == PageForm.computedTrailer(start, number: number)
        }
    }

    /// A first page with a wrong trailer was a checked one when it still says so, or when the next page is checked.
    private static func isDamaged(_ page: [UInt8], followedBy second: [UInt8]) -> Bool {
        if isChecked(second, number: 2) { return true }
        guard page.count >= 100 else { return false }
        var corrected = page
        corrected.replaceSubrange(0..<word.count, with: word)
        corrected[20] = 8
        return page.starts(with: word) && page[20] == 8 || isChecked(corrected, number: 1)
    }
}
