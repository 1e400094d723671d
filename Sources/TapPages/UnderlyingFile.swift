import CSQLite

/// A file as the system's own VFS has opened it.
struct UnderlyingFile {
    let file: UnsafeMutablePointer<sqlite3_file>

    @inline(__always)
    func read(_ target: UnsafeMutableRawPointer, _ count: Int, at offset: Int64) -> Int32 {
        file.pointee.pMethods.pointee.xRead(file, target, Int32(count), offset)
    }

    @inline(__always)
    func write(_ source: UnsafeRawPointer, _ count: Int, at offset: Int64) -> Int32 {
        file.pointee.pMethods.pointee.xWrite(file, source, Int32(count), offset)
    }

    func truncate(to size: Int64) -> Int32 { file.pointee.pMethods.pointee.xTruncate(file, size) }

    /// The size of the file in bytes.
    func size(_ size: inout Int64) -> Int32 { file.pointee.pMethods.pointee.xFileSize(file, &size) }
}
