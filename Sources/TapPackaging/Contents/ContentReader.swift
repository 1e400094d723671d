import Glibc
import Taproom

/// Reads the bytes of a file of a package from beginning to end.
final class ContentReader {
    /// What the bytes consist of.
    enum Part {
        case bytes([UInt8])
        /// A range of a file of this machine, as far as it is there.
        case file(String, Range<Int>)
    }

    private var parts: ArraySlice<Part>
    /// How much of the first part was read.
    private var position = 0
    /// The file of the first part, when it is open.
    private var descriptor: CInt?

    init(_ content: PackageFile.Content) { parts = content.parts[...] }

    deinit { closeFile() }

    /// Fills a buffer, as far as there are bytes, and answers how many there were.
    ///
    /// Throws `SystemCallError`.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemCallError) -> Int {
        var count = 0
        while count < buffer.count, let part = parts.first {
            let more = try read(part, into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
            count += more
            position += more
            if more == 0 { endPart() }
        }
        return count
    }

    private func read(
        _ part: Part, into room: UnsafeMutableRawBufferPointer
    ) throws(SystemCallError) -> Int {
        switch part {
        case .bytes(let bytes):
            let count = min(room.count, bytes.count - position)
            room.copyBytes(from: bytes[position..<position + count])
            return count
        case .file(let path, let range):
            let offset = range.lowerBound + position
            let room = UnsafeMutableRawBufferPointer(rebasing: room.prefix(range.upperBound - offset))
            return try Disk.read(try open(path), path, at: offset, into: room)
        }
    }

    private func open(_ path: String) throws(SystemCallError) -> CInt {
        if let descriptor { return descriptor }
        let file = try Disk.open(path)
        descriptor = file
        return file
    }

    private func endPart() {
        closeFile()
        position = 0
        parts = parts.dropFirst()
    }

    private func closeFile() {
        if let descriptor { close(descriptor) }
        descriptor = nil
    }
}

extension PackageFile.Content {
    /// What the bytes of a file consist of; links and folders have none.
    fileprivate var parts: [ContentReader.Part] {
        switch self {
        case .bytes(let bytes): [.bytes(bytes)]
        case .file(let path): [.file(path, 0..<Int.max)]
        case .program(let program): program.parts
        case .link, .folder: []
        }
    }
}
