import CSQLite

/// What SQLite allocates for each file it opens through ``PageVFS``.
///
/// Behind it, ``FileMethods/offsetOfUnderlying`` bytes from its beginning, is the file of the system's own VFS.
struct OpenFile {
    /// What SQLite knows of it.
    var base: sqlite3_file
    var content: Unmanaged<ProtectedFile>
}

/// The functions by which SQLite works on a ``ProtectedFile``.
///
/// What concerns neither the bytes nor their number is handed to the system's own VFS.
enum FileMethods {
    /// A multiple of 16, as memory for anything is aligned.
    static let offsetOfUnderlying = (MemoryLayout<OpenFile>.size + 15) / 16 * 16

    // Made once, never changed and never freed, for SQLite keeps the address.
    nonisolated(unsafe) static let table: UnsafePointer<sqlite3_io_methods> = {
        let table = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        table.initialize(to: sqlite3_io_methods())
        // Version 2: SQLite then never maps the file into memory, where it would see past us.
        table.pointee.iVersion = 2
        addContent(to: &table.pointee)
        addLocks(to: &table.pointee)
        addDisk(to: &table.pointee)
        addSharedMemory(to: &table.pointee)
        return UnsafePointer(table)
    }()

    /// The file of the system's own VFS behind one of ours.
    static func underlying(_ file: UnsafeMutablePointer<sqlite3_file>) -> UnsafeMutablePointer<sqlite3_file> {
        (UnsafeMutableRawPointer(file) + offsetOfUnderlying).assumingMemoryBound(to: sqlite3_file.self)
    }

    private static func addContent(to methods: inout sqlite3_io_methods) {
        methods.xClose = { file in
            guard let file, let open = opened(file) else { return SQLITE_MISUSE }
            let below = FileMethods.underlying(file)
            defer { open.pointee.content.release() }
            return below.pointee.pMethods.pointee.xClose(below)
        }
        methods.xRead = { file, target, count, offset in
            guard let open = opened(file), let target else { return SQLITE_MISUSE }
            return open.pointee.content._withUnsafeGuaranteedRef { $0.read(target, Int(count), at: offset) }
        }
        methods.xWrite = { file, source, count, offset in
            guard let open = opened(file), let source else { return SQLITE_MISUSE }
            return open.pointee.content._withUnsafeGuaranteedRef { $0.write(source, Int(count), at: offset) }
        }
        methods.xTruncate = { file, size in
            guard let open = opened(file) else { return SQLITE_MISUSE }
            return open.pointee.content._withUnsafeGuaranteedRef { $0.truncate(to: size) }
        }
        methods.xFileSize = { file, size in
            guard let open = opened(file), let size else { return SQLITE_MISUSE }
            return open.pointee.content._withUnsafeGuaranteedRef { $0.size(&size.pointee) }
        }
    }

    private static func addLocks(to methods: inout sqlite3_io_methods) {
        methods.xLock = { file, level in
            guard let below = below(file) else { return SQLITE_MISUSE }
            return below.pointee.pMethods.pointee.xLock(below, level)
        }
        methods.xUnlock = { file, level in
            guard let below = below(file) else { return SQLITE_MISUSE }
            return below.pointee.pMethods.pointee.xUnlock(below, level)
        }
        methods.xCheckReservedLock = { file, result in
            guard let below = below(file) else { return SQLITE_MISUSE }
            return below.pointee.pMethods.pointee.xCheckReservedLock(below, result)
        }
    }

    private static func addDisk(to methods: inout sqlite3_io_methods) {
        methods.xSync = { file, flags in
            guard let below = below(file) else { return SQLITE_MISUSE }
            return below.pointee.pMethods.pointee.xSync(below, flags)
        }
        methods.xFileControl = { file, operation, argument in
            guard let below = below(file) else { return SQLITE_MISUSE }
            return below.pointee.pMethods.pointee.xFileControl(below, operation, argument)
        }
        methods.xSectorSize = { file in
            guard let below = below(file) else { return 0 }
            return below.pointee.pMethods.pointee.xSectorSize(below)
        }
        methods.xDeviceCharacteristics = { file in
            guard let below = below(file) else { return 0 }
            // Without SQLITE_IOCAP_SUBPAGE_READ of newer versions: a part of a page costs as much as the whole.
            return below.pointee.pMethods.pointee.xDeviceCharacteristics(below) & ~0x8000
        }
    }

    private static func addSharedMemory(to methods: inout sqlite3_io_methods) {
        methods.xShmMap = { file, region, size, extend, address in
            guard let below = below(file) else { return SQLITE_MISUSE }
            return below.pointee.pMethods.pointee.xShmMap(below, region, size, extend, address)
        }
        methods.xShmLock = { file, offset, count, flags in
            guard let below = below(file) else { return SQLITE_MISUSE }
            return below.pointee.pMethods.pointee.xShmLock(below, offset, count, flags)
        }
        methods.xShmBarrier = { file in
            guard let below = below(file) else { return }
            below.pointee.pMethods.pointee.xShmBarrier(below)
        }
        methods.xShmUnmap = { file, delete in
            guard let below = below(file) else { return SQLITE_MISUSE }
            return below.pointee.pMethods.pointee.xShmUnmap(below, delete)
        }
    }
}

// Not in a type: a function that C calls may know nothing of where it was written.

@inline(__always)
private func opened(_ file: UnsafeMutablePointer<sqlite3_file>?) -> UnsafeMutablePointer<OpenFile>? {
    file.map { UnsafeMutableRawPointer($0).assumingMemoryBound(to: OpenFile.self) }
}

@inline(__always)
private func below(_ file: UnsafeMutablePointer<sqlite3_file>?) -> UnsafeMutablePointer<sqlite3_file>? {
    file.map(FileMethods.underlying)
}
