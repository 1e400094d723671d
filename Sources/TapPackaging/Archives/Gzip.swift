import CZlib

/// A stream compressed as `gzip -n` does it (RFC 1952): no name and no time in it, so that equal bytes give equal bytes.
final class GzipStream {
    private static let bufferSize = 1 << 16

    private var stream = z_stream()
    private let sink: ByteSink
    private var output = [UInt8](repeating: 0, count: bufferSize)

    /// A stream of a level: 1 is fast, 9 is small.
    init(level: CInt, into sink: @escaping ByteSink) throws {
        self.sink = sink
        // 31: a window of 2^15 bytes, and a gzip header, which has no time unless one is set.
        let started = deflateInit2_(
            &stream, level, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size))
        guard started == Z_OK else { throw PackagingError.outOfMemory }
    }

    deinit { deflateEnd(&stream) }

    /// Compresses bytes; what is ready goes on to the sink.
    func write(_ bytes: UnsafeRawBufferPointer) throws {
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + Int(CInt.max))
            stream.next_in = UnsafeMutablePointer(
                mutating: bytes.baseAddress?.advanced(by: start).assumingMemoryBound(to: UInt8.self))
            stream.avail_in = uInt(end - start)
            try compress(Z_NO_FLUSH)
            start = end
        }
    }

    /// Ends the stream.
    func finish() throws {
        stream.next_in = nil
        stream.avail_in = 0
        try compress(Z_FINISH)
    }

    private func compress(_ flush: CInt) throws {
        repeat {
            let room = output.count
            output.withUnsafeMutableBufferPointer {
                stream.next_out = $0.baseAddress
                stream.avail_out = uInt($0.count)
                _ = deflate(&stream, flush)
            }
            let written = room - Int(stream.avail_out)
            if written > 0 { try output.withUnsafeBytes { try sink(UnsafeRawBufferPointer(rebasing: $0[..<written])) } }
        } while stream.avail_out == 0
    }

    /// Bytes compressed as well as it goes.
    static func compress(_ bytes: [UInt8]) throws -> [UInt8] {
        var compressed: [UInt8] = []
        let stream = try GzipStream(level: 9) { compressed.append(contentsOf: $0) }
        try bytes.withUnsafeBytes { try stream.write($0) }
        try stream.finish()
        return compressed
    }
}
