package import Glibc

/// Reads files of which it is known that they are small.
package enum SmallFile {
    /// The content of a file, and its permissions.
    ///
    /// Waits for nobody at the other end of a pipe. Throws with `EFBIG` when there is more than `maximumBytes`.
    package static func read(
        _ path: String, atMost maximumBytes: Int
    ) throws(SystemCallError) -> (bytes: [UInt8], permissions: mode_t) {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard file >= 0 else { throw SystemCallError("open \(path)") }
        defer { close(file) }
        var facts = stat()
        guard fstat(file, &facts) == 0 else { throw SystemCallError("look at \(path)") }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            let count = Glibc.read(file, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemCallError("read \(path)") }
            if count == 0 { return (content, facts.st_mode & 0o777) }
            content += buffer[..<count]
            guard content.count <= maximumBytes else { throw SystemCallError("read \(path)", code: EFBIG) }
        }
    }
}
