import Glibc

/// A file that is open as long as this lives.
final class OpenFile: Sendable {
    let descriptor: CInt

    init(_ descriptor: CInt) { self.descriptor = descriptor }

    deinit { close(descriptor) }
}

/// Writes whole lines.
struct LineWriter: Sendable {
    /// The byte that ends a line.
    static let end = UInt8(ascii: "\n")

    /// Whether the last line lacks its end.
    private var isCut: Bool

    /// A writer to a file whose last line may lack its end.
    init(isCut: Bool = false) { self.isCut = isCut }

    /// Writes a line, whose end is added.
    ///
    /// It is one write, so that lines of several processes do not mix. A line that was cut by a full disk is ended before
    /// the next begins. Answers how many bytes were written, or nil when it was not the whole line.
    mutating func write(_ line: String, to descriptor: CInt) -> Int? {
        var text = isCut ? "\n" + line + "\n" : line + "\n"
        return text.withUTF8 { bytes in
            let written = LineWriter.put(UnsafeRawBufferPointer(bytes), to: descriptor)
            guard written == bytes.count else {
                if written > 0 { isCut = written > 1 || !isCut }
                return nil
            }
            isCut = false
            return written
        }
    }

    /// Writes lines with their ends, behind the end of a line that lacks it.
    ///
    /// Answers how many bytes of the lines were written; when not all were, errno says why.
    mutating func write(_ lines: UnsafeRawBufferPointer, to descriptor: CInt) -> Int {
        if isCut {
            let end = [LineWriter.end]
            guard end.withUnsafeBytes({ LineWriter.put($0, to: descriptor) }) == 1 else { return 0 }
            isCut = false
        }
        return LineWriter.put(lines, to: descriptor)
    }

    /// Writes bytes, as many as can be written.
    private static func put(_ bytes: UnsafeRawBufferPointer, to descriptor: CInt) -> Int {
        var written = 0
        while written < bytes.count {
            let count = Glibc.write(
                descriptor, UnsafeRawBufferPointer(rebasing: bytes[written...]).baseAddress, bytes.count - written)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            written += count
        }
        return written
    }
}
