import Glibc
import Taproom

/// A file that is read at any place.
final class FileBytes: Sendable {
    private let descriptor: CInt
    private let path: String
    private let isOurs: Bool

    /// Opens a file.
    ///
    /// Throws ``SystemCallError``.
    init(_ path: String) throws(SystemCallError) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        self.path = path
        isOurs = true
        guard descriptor >= 0 else { throw SystemCallError("open \(path)") }
    }

    /// Reads a file that somebody else has open, and closes.
    init(borrowing descriptor: CInt, path: String) {
        self.descriptor = descriptor
        self.path = path
        isOurs = false
    }

    deinit { if isOurs { close(descriptor) } }

    /// The size in bytes.
    ///
    /// Throws ``SystemCallError``.
    func size() throws(SystemCallError) -> Int64 {
        var file = stat()
        guard fstat(descriptor, &file) == 0 else { throw SystemCallError("look at \(path)") }
        return Int64(file.st_size)
    }

    /// Bytes from a place on: fewer where the file ends.
    ///
    /// Throws ``SystemCallError``.
    func read(_ count: Int, at offset: Int64) throws(SystemCallError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let length = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress?.advanced(by: done), count - done, Int(offset) + done)
            }
            if length < 0, errno == EINTR { continue }
            guard length >= 0 else { throw SystemCallError("read \(path)") }
            if length == 0 { break }
            done += length
        }
        bytes.removeLast(count - done)
        return bytes
    }
}
