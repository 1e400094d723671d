import Glibc
import Taproom

extension Disk {
    /// How much is read at a time: so little that it is in the processor's cache still when it is used.
    private static let bufferSize = 1 << 17

    /// Writes all bytes to an open file.
    static func write(_ bytes: UnsafeRawBufferPointer, to file: CInt, _ path: String) throws(SystemCallError) {
        var offset = 0
        while offset < bytes.count {
            let count = Glibc.write(file, bytes.baseAddress?.advanced(by: offset), bytes.count - offset)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw SystemCallError("write \(path)") }
            offset += count
        }
    }

    /// Writes all bytes to an open file.
    static func write(_ bytes: [UInt8], to file: CInt, _ path: String) throws(SystemCallError) {
        // Whoever reads this wonders: closures that throw one type of error only are not for this method yet.
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(SystemCallError) in try write(bytes, to: file, path) }
        }
        try result.get()
    }

    /// How many bytes a file has.
    static func size(of path: String) throws(SystemCallError) -> Int {
        var status = stat()
        guard stat(path, &status) == 0 else { throw SystemCallError("read \(path)") }
        return Int(status.st_size)
    }

    /// Reads an open file from an offset to its end or to another offset, piece by piece.
    ///
    /// Throws ``SystemCallError``, and what `body` throws.
    static func read(
        _ file: CInt, _ path: String, from start: Int = 0, to end: Int = .max,
        _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        var offset = start
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferSize, alignment: 4096)
        defer { buffer.deallocate() }
        while true {
            let room = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(end - offset))
            let count = try read(file, path, at: offset, into: room)
            guard count > 0 else { return }
            offset += count
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    /// Reads an open file from an offset, as much as there is and fits, and answers how many bytes that were.
    static func read(
        _ file: CInt, _ path: String, at offset: Int, into room: UnsafeMutableRawBufferPointer
    ) throws(SystemCallError) -> Int {
        while true {
            let count = pread(file, room.baseAddress, room.count, off_t(offset))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemCallError("read \(path)") }
            return count
        }
    }

    /// Opens a file that is read from beginning to end; a link is not followed.
    static func open(_ path: String) throws(SystemCallError) -> CInt {
        let file = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { throw SystemCallError("read \(path)") }
        posix_fadvise(file, 0, 0, POSIX_FADV_SEQUENTIAL)
        return file
    }

    /// Reads a file, piece by piece.
    ///
    /// Throws ``SystemCallError``, and what `body` throws.
    static func read(_ path: String, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let file = try open(path)
        defer { close(file) }
        try read(file, path, body)
    }
}
