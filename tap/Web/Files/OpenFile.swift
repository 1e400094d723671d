import CTapSystem
import Glibc
import NIOCore

/// A file or folder that is open for reading as long as this lives.
///
/// Used by one thread at a time: it belongs to an event loop.
final class OpenFile {
    let facts: FileFacts
    /// What NIO's `FileRegion` takes.
    ///
    /// It is closed when this goes away.
    let handle: NIOFileHandle

    private init(facts: FileFacts, descriptor: CInt) {
        self.facts = facts
        handle = NIOFileHandle(_deprecatedTakingOwnershipOfDescriptor: descriptor)
    }

    deinit { try? handle.close() }

    /// Opens a path below a folder.
    ///
    /// - Parameters:
    ///   - path: bytes without a leading slash; empty for the folder itself.
    ///   - folder: a descriptor.
    ///   - symlinks: which links are followed.
    /// - Returns: the file or folder, whatever it is.
    /// - Throws: why the operating system does not open it.
    static func open(
        _ path: [UInt8], below folder: CInt, symlinks: WebSettings.Symlinks
    ) throws(OpenFailure) -> OpenFile {
        let allowed: CInt =
            switch symlinks {
            case .never: 0
            case .inside: 1
            case .anywhere: 2
            }
        let descriptor = openRetrying(path.isEmpty ? [0x2E] : path, below: folder, links: allowed)
        guard descriptor >= 0 else { throw OpenFailure(code: errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let failure = OpenFailure(code: errno)
            close(descriptor)
            throw failure
        }
        return OpenFile(facts: FileFacts(status), descriptor: descriptor)
    }

    /// The kernel answers EAGAIN when something was renamed while it resolved a link with `..` in it.
    private static func openRetrying(_ path: [UInt8], below folder: CInt, links: CInt) -> CInt {
        let terminated = path.map { CChar(bitPattern: $0) } + [0]
        for _ in 0..<8 {
            let descriptor = tap_open_beneath(folder, terminated, links)
            if descriptor >= 0 || (errno != EAGAIN && errno != EINTR) { return descriptor }
        }
        return -1
    }

    /// Calls with the descriptor, which must not be kept.
    func withDescriptor<Result>(_ body: (CInt) -> Result) -> Result? {
        try? handle.withUnsafeFileDescriptor(body)
    }

    /// The bytes of a small file, or nil when it can't be read or has shrunk.
    func contents() -> ByteBuffer? { contents(0..<facts.size) }

    /// The bytes of a part, or nil when it can't be read or the file has shrunk.
    func contents(_ range: Range<Int64>) -> ByteBuffer? {
        let size = range.count
        var buffer = ByteBufferAllocator().buffer(capacity: size)
        while buffer.readableBytes < size {
            let (missing, offset) = (size - buffer.readableBytes, off_t(range.lowerBound) + off_t(buffer.readableBytes))
            let count = withDescriptor { descriptor in
                buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: missing) { space in
                    max(0, pread(descriptor, space.baseAddress, missing, offset))
                }
            }
            guard let count, count > 0 else { return nil }
        }
        return buffer
    }

    /// Where the file is, by the system's own account; nil when it does not tell.
    var place: [UInt8]? { withDescriptor(OpenFile.place) ?? nil }

    /// The absolute path of what a descriptor is open on.
    static func place(_ descriptor: CInt) -> [UInt8]? {
        var path = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/fd/\(descriptor)", &path, path.count)
        return count > 0 && count < path.count ? path[..<count].map { UInt8(bitPattern: $0) } : nil
    }

    /// The size now: less than before when somebody cut the file while it was being sent.
    var currentSize: Int64 {
        withDescriptor { descriptor in
            var status = stat()
            return fstat(descriptor, &status) == 0 ? Int64(status.st_size) : 0
        } ?? 0
    }
}

/// Why a path could not be opened.
struct OpenFailure: Error, Equatable {
    let code: CInt
}
