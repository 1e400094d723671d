import CSQLite

/// Extended result codes of SQLite, which are macros that Swift does not import.
enum ResultCode {
    static let shortRead = SQLITE_IOERR | 2 << 8
    static let write = SQLITE_IOERR | 3 << 8
    /// The data of a page is not what was written.
    static let data = SQLITE_IOERR | 32 << 8
}
