import Glibc

/// A file that is open as long as this lives.
final class OpenFile: Sendable {
    let descriptor: CInt

    init(_ descriptor: CInt) { self.descriptor = descriptor }

    deinit { close(descriptor) }
}

/// Writes whole lines.
struct LineWriter: Sendable {
    /// Whether the last line lacks its end.
    private var isCut = false

    /// Writes a line, whose end is added.
    ///
    /// It is one write, so that lines of several processes do not mix. A line that was cut by a full disk is ended before
    /// the next begins. Answers how many bytes were written, or nil when it was not the whole line.
    mutating func write(_ line: String, to descriptor: CInt) -> Int? {
        var text = isCut ? "\n" + line + "\n" : line + "\n"
        return text.withUTF8 { bytes in
            var written = 0
            while written < bytes.count {
                let count = Glibc.write(
                    descriptor, UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[written...]).baseAddress,
                    bytes.count - written)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else {
                    if written > 0 { isCut = written > 1 || !isCut }
                    return nil
                }
                written += count
            }
            isCut = false
            return written
        }
    }
}
