import Glibc
import Taproom

/// A file of a package on its way into the tree.
///
/// Not safe for two threads at once.
final class FileCopy {
    private let laid: LaidFile
    private let source: ContentReader
    private let target: RenewedFile
    private var count = 0
    private var isComplete = false

    /// Opens both files.
    ///
    /// Throws `SystemCallError`.
    init(_ laid: LaidFile) throws(SystemCallError) {
        self.laid = laid
        source = ContentReader(laid.file.content)
        target = try RenewedFile(laid.place)
    }

    /// Removes what was not copied to the end.
    deinit { if !isComplete { unlink(laid.place) } }

    /// Copies the next piece, and answers it; it is empty when the file is complete.
    ///
    /// Throws `SystemCallError`, and ``PackagingError/changed(file:)`` for another number of bytes than there were.
    func next(through buffer: UnsafeMutableRawBufferPointer) throws -> UnsafeRawBufferPointer {
        let piece = UnsafeRawBufferPointer(rebasing: buffer.prefix(try source.read(into: buffer)))
        count += piece.count
        guard piece.isEmpty ? count == laid.size : count <= laid.size else {
            throw PackagingError.changed(file: laid.file.content.source ?? laid.place)
        }
        if piece.isEmpty {
            try target.finish(mode: laid.file.mode)
            isComplete = true
        } else {
            try target.write(piece)
        }
        return piece
    }
}
