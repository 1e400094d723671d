import CSQLite

/// The main file of an open tap.
final class PageFile: ProtectedFile {
    private let form: PageForm
    /// Room for a page on its way to the disk, or for one of which only a part is asked.
    private let scratch = UnsafeMutableRawPointer.allocate(byteCount: PageForm.pageSize, alignment: 16)

    override init(_ underlying: UnderlyingFile, _ protection: PageProtection) {
        form = protection.form
        super.init(underlying, protection)
    }

    deinit { scratch.deallocate() }

    override func read(_ target: UnsafeMutableRawPointer, _ count: Int, at offset: Int64) -> Int32 {
        if count == PageForm.pageSize, offset % 4096 == 0 { return readPage(offset / 4096, into: target) }
        // The header is read before the page size is known, and again with its page.
        if offset + Int64(count) <= 100 { return readHeader(target, count, at: offset) }
        return readPart(target, count, at: offset)
    }

    /// Reads from the header of the database.
    ///
    /// When the first page can't be read it may still be in the log, torn here by a crash while the log was folded in. SQLite
    /// looks there only when the header of the file tells it the sizes of the pages and of their reserved bytes.
    private func readHeader(_ target: UnsafeMutableRawPointer, _ count: Int, at offset: Int64) -> Int32 {
        guard case .sealed = form else { return underlying.read(target, count, at: offset) }
        var size: Int64 = 0
        let code = underlying.read(scratch, PageForm.pageSize, at: form.offset(of: 1))
        if code == ResultCode.shortRead, self.size(&size) == SQLITE_OK, size == 0 { return code }
        guard code == SQLITE_OK || code == ResultCode.shortRead else { return code }
        if code != SQLITE_OK || !form.open(scratch, number: 1) {
            scratch.initializeMemory(as: UInt8.self, repeating: 0, count: 100)
            scratch.storeBytes(of: 0x10, toByteOffset: 16, as: UInt8.self)
            scratch.storeBytes(of: UInt8(form.reservedBytes), toByteOffset: 20, as: UInt8.self)
        }
        target.copyMemory(from: scratch + Int(offset), byteCount: count)
        return SQLITE_OK
    }

    /// Reads a page and checks it.
    ///
    /// The index counts from 0.
    private func readPage(_ index: Int64, into target: UnsafeMutableRawPointer) -> Int32 {
        guard let number = UInt32(exactly: index + 1) else { return ResultCode.data }
        let code = underlying.read(target, PageForm.pageSize, at: form.offset(of: number))
        if code == SQLITE_OK, form.open(target, number: number) { return SQLITE_OK }
        if code == ResultCode.shortRead, number == 1 {
            var size: Int64 = 0
            // A new database is an empty file.
            if self.size(&size) == SQLITE_OK, size == 0 { return code }
        }
        guard code == SQLITE_OK || code == ResultCode.shortRead else { return code }
        protection.noteBadPage(number)
        return ResultCode.data
    }

    private func readPart(_ target: UnsafeMutableRawPointer, _ count: Int, at offset: Int64) -> Int32 {
        var done = 0
        while done < count {
            let position = offset + Int64(done)
            let start = Int(position % 4096)
            let length = min(PageForm.pageSize - start, count - done)
            let code = readPage(position / 4096, into: scratch)
            guard code == SQLITE_OK else {
                (target + done).initializeMemory(as: UInt8.self, repeating: 0, count: count - done)
                return code
            }
            (target + done).copyMemory(from: scratch + start, byteCount: length)
            done += length
        }
        return SQLITE_OK
    }

    /// Writes a page.
    ///
    /// SQLite writes whole pages only; anything else, and a database without room for the trailer, is refused.
    override func write(_ source: UnsafeRawPointer, _ count: Int, at offset: Int64) -> Int32 {
        guard count == PageForm.pageSize, offset % 4096 == 0, let number = UInt32(exactly: offset / 4096 + 1),
            number != 1 || hasRoomForTrailers(source)
        else { return ResultCode.write }
        form.close(source, to: scratch, number: number)
        return underlying.write(scratch, count, at: form.offset(of: number))
    }

    /// Looks into the header of the database: page size and reserved bytes ("Database File Format", section 1.3).
    private func hasRoomForTrailers(_ page: UnsafeRawPointer) -> Bool {
        let header = UnsafeRawBufferPointer(start: page, count: 100)
        return header[16] == 0x10 && header[17] == 0 && Int(header[20]) == form.reservedBytes
    }

    override func truncate(to size: Int64) -> Int32 { underlying.truncate(to: size + form.firstPageOffset) }

    override func size(_ size: inout Int64) -> Int32 {
        let code = underlying.size(&size)
        size = max(0, size - form.firstPageOffset)
        return code
    }
}
