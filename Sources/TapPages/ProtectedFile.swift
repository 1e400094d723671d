import CSQLite

/// An open file whose bytes differ from what SQLite sees.
///
/// Used by one connection, so by one thread at a time. All answer SQLite's result codes, as its `sqlite3_io_methods` say.
class ProtectedFile {
    let underlying: UnderlyingFile
    let protection: PageProtection

    init(_ underlying: UnderlyingFile, _ protection: PageProtection) {
        self.underlying = underlying
        self.protection = protection
    }

    func read(_ target: UnsafeMutableRawPointer, _ count: Int, at offset: Int64) -> Int32 {
        underlying.read(target, count, at: offset)
    }

    func write(_ source: UnsafeRawPointer, _ count: Int, at offset: Int64) -> Int32 {
        underlying.write(source, count, at: offset)
    }

    func truncate(to size: Int64) -> Int32 { underlying.truncate(to: size) }

    func size(_ size: inout Int64) -> Int32 { underlying.size(&size) }
}
