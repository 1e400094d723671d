import Glibc
import Taproom

/// A file that gets its bytes from beginning to end, and is written where it does not have them yet.
///
/// In the tree of an earlier package most bytes are there. Comparing them costs less than writing them: pages that have to get
/// to the disk, and on ext4 a search for the number of each new file among those of all that were just removed.
///
/// Not safe for two threads at once.
final class RenewedFile {
    private let path: String
    private let descriptor: CInt
    /// How many bytes were there.
    private let formerSize: Int
    private var size = 0
    /// What was there, as far as it is compared.
    private var former: [UInt8] = []

    /// Opens a file that is there, or makes an empty one.
    ///
    /// Throws `SystemCallError`.
    init(_ path: String) throws(SystemCallError) {
        self.path = path
        let former = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        if former >= 0 {
            var status = stat()
            // A file with another name is somebody's: what is written to it would be in both.
            if fstat(former, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_nlink == 1 {
                (descriptor, formerSize) = (former, Int(status.st_size))
                return
            }
            close(former)
        }
        unlink(path)
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        formerSize = 0
        guard descriptor >= 0 else { throw SystemCallError("create \(path)") }
    }

    deinit { close(descriptor) }

    /// Adds bytes at the end.
    ///
    /// Throws `SystemCallError`.
    func write(_ bytes: UnsafeRawBufferPointer) throws(SystemCallError) {
        if !hasAlready(bytes) {
            guard lseek(descriptor, off_t(size), SEEK_SET) >= 0 else { throw SystemCallError("write \(path)") }
            try Disk.write(bytes, to: descriptor, path)
        }
        size += bytes.count
    }

    /// Ends the file where the last bytes did, with exactly this mode.
    ///
    /// Throws `SystemCallError`.
    func finish(mode: UInt16) throws(SystemCallError) {
        if size < formerSize, ftruncate(descriptor, off_t(size)) != 0 { throw SystemCallError("write \(path)") }
        guard fchmod(descriptor, mode_t(mode)) == 0 else { throw SystemCallError("set the mode of \(path)") }
    }

    /// Whether these bytes come next in the file as it was.
    private func hasAlready(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard size + bytes.count <= formerSize, let start = bytes.baseAddress else { return false }
        if former.count < bytes.count { former = [UInt8](repeating: 0, count: bytes.count) }
        return former.withUnsafeMutableBytes { former in
            guard let place = former.baseAddress else { return false }
            return pread(descriptor, place, bytes.count, off_t(size)) == bytes.count
                && memcmp(place, start, bytes.count) == 0
        }
    }
}
