import CSQLite
import Glibc

/// The layer between SQLite and the disk: an SQLite VFS named "taproom" over the system's own.
///
/// Files are opened through it by the URI that ``PageProtection/uri(forPath:immutable:)`` gives. It knows the file of a
/// tap, its log, and the rollback journal of a checked one. All else is refused: temporary files would hold pages in the
/// clear, so a connection needs `PRAGMA temp_store = MEMORY`, which ``PageProtection/prepare(_:)`` sets.
package enum PageVFS {
    static let name = "taproom"

    /// Makes the VFS known to SQLite.
    ///
    /// Once is enough, and more often does no harm, from any thread.
    package static func register() { _ = registration }

    private static let registration: Int32 = {
        guard let system = sqlite3_vfs_find(nil) else { return SQLITE_ERROR }
        let vfs = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        // What concerns names, times and random numbers is the system's: those functions do not ask who calls them.
        vfs.initialize(to: system.pointee)
        vfs.pointee.iVersion = 2
        vfs.pointee.pNext = nil
        vfs.pointee.zName = UnsafePointer(strdup(name))
        vfs.pointee.pAppData = UnsafeMutableRawPointer(system)
        vfs.pointee.szOsFile += Int32(FileMethods.offsetOfUnderlying)
        vfs.pointee.xOpen = { vfs, name, file, flags, opened in
            guard let file else { return SQLITE_MISUSE }
            // SQLite closes what has methods, also after a failure.
            file.pointee.pMethods = nil
            guard let system = vfs?.pointee.pAppData, let name else { return SQLITE_CANTOPEN }
            return open(system.assumingMemoryBound(to: sqlite3_vfs.self), name, file, flags, opened)
        }
        return sqlite3_vfs_register(vfs, 0)
    }()

    private static func open(
        _ system: UnsafeMutablePointer<sqlite3_vfs>, _ name: UnsafePointer<CChar>,
        _ file: UnsafeMutablePointer<sqlite3_file>, _ flags: Int32, _ opened: UnsafeMutablePointer<Int32>?
    ) -> Int32 {
        let known = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL
        guard flags & known != 0, let token = sqlite3_uri_parameter(name, PageProtection.parameter),
            let protection = PageProtection.find(String(cString: token))
        else { return SQLITE_CANTOPEN }
        switch (protection.form, flags & known) {
        case (_, SQLITE_OPEN_MAIN_DB):
            return wrap(file, { PageFile($0, protection) }) { system.pointee.xOpen(system, name, $0, flags, opened) }
        case (.checked, _): return system.pointee.xOpen(system, name, file, flags, opened)
        case (.sealed(let key), SQLITE_OPEN_WAL):
            return wrap(file, { SealedLogFile($0, protection, key) }) {
                system.pointee.xOpen(system, name, $0, flags, opened)
            }
        case (.sealed, _): return SQLITE_CANTOPEN
        }
    }

    private static func wrap(
        _ file: UnsafeMutablePointer<sqlite3_file>, _ content: (UnderlyingFile) -> ProtectedFile,
        opening open: (UnsafeMutablePointer<sqlite3_file>) -> Int32
    ) -> Int32 {
        let underlying = FileMethods.underlying(file)
        let code = open(underlying)
        guard code == SQLITE_OK else {
            if let methods = underlying.pointee.pMethods { _ = methods.pointee.xClose(underlying) }
            return code
        }
        let content = Unmanaged.passRetained(content(UnderlyingFile(file: underlying)))
        UnsafeMutableRawPointer(file).initializeMemory(
            as: OpenFile.self, to: OpenFile(base: sqlite3_file(pMethods: FileMethods.table), content: content))
        return SQLITE_OK
    }
}
