import CSQLite

/// The log (`-wal`) of an open sealed tap.
///
/// It is as long as SQLite sees it; the page in each frame is sealed, and the checksum in the frame's header, which SQLite
/// computes from the page in the clear, is masked. SQLite reads and writes in any order of headers and pages, so all
/// goes by the place of the bytes (its "WAL File Format").
final class SealedLogFile: ProtectedFile {
    private let key: SealKey
    private let scratch = UnsafeMutableRawPointer.allocate(byteCount: LogFrame.size, alignment: 16)

    init(_ underlying: UnderlyingFile, _ protection: PageProtection, _ key: SealKey) {
        self.key = key
        super.init(underlying, protection)
    }

    deinit { scratch.deallocate() }

    override func read(_ target: UnsafeMutableRawPointer, _ count: Int, at offset: Int64) -> Int32 {
        var done = 0
        if offset < LogFrame.first {
            done = min(count, Int(LogFrame.first - offset))
            let code = underlying.read(target, done, at: offset)
            guard code == SQLITE_OK else { return code }
        }
        while done < count {
            let position = offset + Int64(done)
            let frame = (position - LogFrame.first) / Int64(LogFrame.size)
            let start = Int((position - LogFrame.first) % Int64(LogFrame.size))
            let length = min(LogFrame.size - start, count - done)
            let code = readFrame(frame, start..<start + length)
            (target + done).copyMemory(from: scratch + start, byteCount: length)
            done += length
            guard code == SQLITE_OK else {
                (target + done).initializeMemory(as: UInt8.self, repeating: 0, count: count - done)
                return code
            }
        }
        return SQLITE_OK
    }

    /// Reads a frame, as far as a part of it needs, into `scratch`.
    private func readFrame(_ frame: Int64, _ part: Range<Int>) -> Int32 {
        let offset = LogFrame.offset(of: frame)
        let isHeaderOnly = part.upperBound <= LogFrame.headerBytes
        let code = underlying.read(scratch, isHeaderOnly ? LogFrame.headerBytes : LogFrame.size, at: offset)
        guard code == SQLITE_OK else {
            scratch.initializeMemory(as: UInt8.self, repeating: 0, count: LogFrame.size)
            return code
        }
        let place = LogFrame.place(scratch, at: offset)
        LogFrame.mask(scratch, at: offset, key)
        let page = scratch + LogFrame.headerBytes
        if isHeaderOnly || SealedPage.open(page, place, key) { return SQLITE_OK }
        page.initializeMemory(as: UInt8.self, repeating: 0, count: PageForm.pageSize)
        // With its header a frame is read to look whether it is whole, after a crash: its checksum will say no.
        if part.lowerBound < LogFrame.headerBytes { return SQLITE_OK }
        if case .log(let number, _) = place { protection.noteBadPage(number) }
        return ResultCode.data
    }

    /// Writes the header of the log, the header of a frame, its page, or both.
    ///
    /// SQLite writes no other parts on a disk that keeps what is around a write (its "powersafe overwrite", which it takes
    /// for granted by default).
    override func write(_ source: UnsafeRawPointer, _ count: Int, at offset: Int64) -> Int32 {
        if offset + Int64(count) <= LogFrame.first { return underlying.write(source, count, at: offset) }
        guard offset >= LogFrame.first else { return ResultCode.write }
        let frame = (offset - LogFrame.first) / Int64(LogFrame.size)
        let start = offset - LogFrame.offset(of: frame)
        switch (start, count) {
        case (0, LogFrame.headerBytes): return writeHeader(source, of: frame)
        case (0, LogFrame.size):
            let code = writeHeader(source, of: frame)
            return code == SQLITE_OK ? writePage(source + LogFrame.headerBytes, of: frame) : code
        case (Int64(LogFrame.headerBytes), PageForm.pageSize): return writePage(source, of: frame)
        default: return ResultCode.write
        }
    }

    private func writeHeader(_ source: UnsafeRawPointer, of frame: Int64) -> Int32 {
        let offset = LogFrame.offset(of: frame)
        scratch.copyMemory(from: source, byteCount: LogFrame.headerBytes)
        LogFrame.mask(scratch, at: offset, key)
        return underlying.write(scratch, LogFrame.headerBytes, at: offset)
    }

    private func writePage(_ source: UnsafeRawPointer, of frame: Int64) -> Int32 {
        // What is read again has zeros there, and SQLite's checksum would differ.
        guard SealedPage.hasEmptyTrailer(source) else { return ResultCode.write }
        let offset = LogFrame.offset(of: frame)
        let code = underlying.read(scratch, LogFrame.headerBytes, at: offset)
        guard code == SQLITE_OK else { return code == ResultCode.shortRead ? ResultCode.write : code }
        let page = scratch + LogFrame.headerBytes
        SealedPage.close(source, to: page, LogFrame.place(scratch, at: offset), key)
        return underlying.write(page, PageForm.pageSize, at: offset + Int64(LogFrame.headerBytes))
    }
}
