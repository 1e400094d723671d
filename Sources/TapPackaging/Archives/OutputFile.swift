import Glibc
import Taproom

/// A file that is written from beginning to end and takes its name when it is complete.
///
/// What is there under the name stays until then, and when this one is given up.
package final class OutputFile {
    /// How much is collected before it is written.
    private static let bufferSize = 1 << 18
    /// How much is written at once without being collected.
    private static let pieceSize = 1 << 16
    /// How much is written before the disk is told to begin with it.
    private static let saveSize = 16 << 20

    private let path: String
    private let temporary: String
    private let descriptor: CInt
    private var buffer: [UInt8] = []
    private var isNamed = false
    /// Whether it stays when it is whole: what is only a part for another file need not get to the disk.
    private let isKept: Bool
    /// How much of it the disk was told to write.
    private var saved = 0
    /// How many bytes were written so far.
    private(set) var count = 0

    /// Begins a file under a name beside its own.
    ///
    /// Throws `SystemCallError`.
    convenience init(_ path: String) throws(SystemCallError) { try self.init(path, isKept: true) }

    private init(_ path: String, isKept: Bool) throws(SystemCallError) {
        self.isKept = isKept
        self.path = path
        temporary = "\(path).\(getpid()).new"
        unlink(temporary)
        descriptor = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw SystemCallError("create \(path)") }
        buffer.reserveCapacity(Self.bufferSize)
    }

    /// A file beside it for a part that is not known to the end yet; it goes when it is used no more.
    ///
    /// Throws `SystemCallError`.
    func companion() throws(SystemCallError) -> OutputFile { try OutputFile(path + ".part", isKept: false) }

    deinit {
        if !isNamed { unlink(temporary) }
        close(descriptor)
    }

    /// Adds bytes at the end.
    ///
    /// Throws `SystemCallError`.
    func write(_ bytes: UnsafeRawBufferPointer) throws(SystemCallError) {
        count += bytes.count
        if buffer.count + bytes.count > Self.bufferSize || bytes.count >= Self.pieceSize { try flush() }
        if bytes.count >= Self.pieceSize {
            try Disk.write(bytes, to: descriptor, path)
            saveEarly()
        } else {
            buffer.append(contentsOf: bytes)
        }
    }

    /// Adds bytes at the end.
    ///
    /// Throws `SystemCallError`.
    func write(_ bytes: [UInt8]) throws(SystemCallError) {
        count += bytes.count
        if buffer.count + bytes.count > Self.bufferSize { try flush() }
        buffer += bytes
    }

    private func flush() throws(SystemCallError) {
        try Disk.write(buffer, to: descriptor, path)
        buffer.removeAll(keepingCapacity: true)
        saveEarly()
    }

    /// Has the disk begin to write what is complete, and gives the memory of what it has written to what comes next.
    ///
    /// So ``finish()`` has little left to wait for, and few pages are touched for the first time.
    private func saveEarly() {
        guard isKept, count - saved >= Self.saveSize else { return }
        // It writes pages that are not on the disk yet, and drops those that are.
        posix_fadvise(descriptor, off_t(max(0, saved - Self.saveSize)), off_t(2 * Self.saveSize), POSIX_FADV_DONTNEED)
        saved += Self.saveSize
    }

    /// Writes over bytes that are there already, such as a length that is known only now.
    ///
    /// Throws `SystemCallError`.
    func replace(at offset: Int, with bytes: [UInt8]) throws(SystemCallError) {
        try flush()
        guard pwrite(descriptor, bytes, bytes.count, off_t(offset)) == bytes.count else {
            throw SystemCallError("write \(path)")
        }
    }

    /// Adds what was written to another file.
    ///
    /// Throws `SystemCallError`.
    func append(_ other: OutputFile) throws { try other.read(from: 0) { try write($0) } }

    /// Reads what was written from an offset to the end, piece by piece.
    ///
    /// Throws `SystemCallError`, and what `body` throws.
    func read(from offset: Int, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        try flush()
        try Disk.read(descriptor, path, from: offset, body)
    }

    /// Makes the file durable and gives it its name, with mode 0644 whatever the umask is.
    ///
    /// Throws `SystemCallError`.
    func finish() throws(SystemCallError) {
        try flush()
        guard fchmod(descriptor, 0o644) == 0 else { throw SystemCallError("set the mode of \(path)") }
        guard fsync(descriptor) == 0 else { throw SystemCallError("save \(path)") }
        guard rename(temporary, path) == 0 else { throw SystemCallError("rename \(temporary) to \(path)") }
        isNamed = true
    }
}
