import Glibc
import Taproom

/// The pages of a tap as its last commit left them, read without SQLite: what a damaged file still has.
///
/// Nobody may change the file meanwhile, and nobody in this process have it open through SQLite: its locks would be lost
/// (fcntl(2)).
package final class PageImage: Sendable {
    /// SQLite keeps its locks where this page would be, and never writes it ("Database File Format", section 1.4).
    static let lockPage: UInt32 = 0x4000_0000 / 4096 + 1

    /// What was found in the log.
    package let log: WriteAheadLog
    /// The pages the database has, also those that are missing.
    package let pageCount: UInt32
    /// The bytes of a page that SQLite uses.
    let usableBytes: Int
    private let file: FileBytes
    private let logReader: LogReader?
    private let form: PageForm?

    /// Opens a tap and reads its log.
    ///
    /// - Parameters:
    ///   - path: the file; its log is looked for beside it.
    ///   - protection: what the header of the file says, or nil for one of format 1, whose pages can't be checked.
    /// - Throws: ``SystemCallError``.
    package init(path: String, protection: PageProtection?) throws {
        form = protection?.form
        file = try FileBytes(path)
        let logPath = path + "-wal"
        logReader = access(logPath, F_OK) == 0 ? try LogReader(try FileBytes(logPath), form) : nil
        log = logReader.map(WriteAheadLog.init) ?? WriteAheadLog()

        let stored = max(0, try file.size() - (form?.firstPageOffset ?? 0))
        let first = PageImage.read(1, file, form, log, logReader)
        pageCount = PageImage.pageCount(stored: stored, log, first)
        usableBytes = PageForm.pageSize - (form?.reservedBytes ?? first.map { Int($0[20]) } ?? 0)
    }

    /// The pages of the database: what the log says, or the header of the database, or the size of the file.
    private static func pageCount(stored: Int64, _ log: WriteAheadLog, _ first: [UInt8]?) -> UInt32 {
        let inFile = (stored + 4095) / 4096
        var claimed = Int64(log.databasePages)
        // "Database File Format", section 1.3.8: the size counts when it is as new as the rest.
        if claimed == 0, let first, first[24..<28] == first[92..<96] {
            claimed = Int64(BigEndian.number(first, 28, 4))
        }
        // A header that claims more than 4 GiB behind the end of the file is not to be believed.
        let most = inFile + Int64(log.frames.count) + 1 << 20
        return UInt32(min(claimed == 0 ? inFile : claimed, most, Int64(UInt32.max) - 1))
    }

    /// A page as SQLite wrote it, or nil when it is missing, is not what was written, or can't be read.
    ///
    /// Pages count from 1.
    package func page(_ number: UInt32) -> [UInt8]? {
        guard number >= 1, number <= pageCount else { return nil }
        return PageImage.read(number, file, form, log, logReader)
    }

    private static func read(
        _ number: UInt32, _ file: FileBytes, _ form: PageForm?, _ log: WriteAheadLog, _ reader: LogReader?
    ) -> [UInt8]? {
        if let frame = log.frames[number] { return reader?.frame(frame)?.content.map(Array.init) }
        let offset = form?.offset(of: number) ?? Int64(number - 1) * 4096
        guard var page = try? file.read(PageForm.pageSize, at: offset), page.count == PageForm.pageSize else {
            return nil
        }
        guard let form else { return page }
        let isGood = page.withUnsafeMutableBytes { bytes in
            bytes.baseAddress.map { form.open($0, number: number) } ?? false
        }
        return isGood ? page : nil
    }

    /// The pages that ``page(_:)`` does not give, in order.
    ///
    /// Reads the whole file.
    package func badPages() -> [UInt32] {
        (1...max(pageCount, 1)).filter { $0 != PageImage.lockPage && page($0) == nil }
    }
}
