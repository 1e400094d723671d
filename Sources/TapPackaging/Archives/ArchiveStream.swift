/// An archive that gets files while they are read for something else too.
protocol ArchiveStream: AnyObject {
    /// Begins a file, of which as many bytes are written then as its size is, or adds a link or folder.
    func begin(_ file: LaidFile) throws
    /// Adds bytes of the file that was begun.
    func write(_ bytes: UnsafeRawBufferPointer) throws
    /// Ends the file that was begun.
    func end() throws
}

extension ArchiveStream {
    /// Adds a file, link or folder, with what is in it.
    func add(_ file: LaidFile) throws {
        try begin(file)
        try file.read { try write($0) }
        try end()
    }
}
