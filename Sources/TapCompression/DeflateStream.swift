import CZlib

/// A stream compressed by DEFLATE (RFC 1951).
package final class DeflateStream {
    /// What is around the compressed data.
    package enum Format: Sendable {
        /// As `gzip -n` does it (RFC 1952): no name and no time in it, so that equal bytes give equal bytes.
        case gzip
        /// As zlib does it (RFC 1950), which HTTP calls `deflate`.
        case zlib

        /// A window of 2^15 bytes; 16 more ask for a gzip header, which has no time unless one is set.
        fileprivate var windowBits: CInt { self == .gzip ? 31 : 15 }
    }

    private static let bufferSize = 1 << 16

    private var stream = z_stream()
    private let sink: ByteSink
    private var output = [UInt8](repeating: 0, count: bufferSize)

    /// A stream of a level: 1 is fast, 9 is small.
    ///
    /// Throws ``CompressionError/outOfMemory``.
    package init(_ format: Format = .gzip, level: CInt, into sink: @escaping ByteSink) throws {
        self.sink = sink
        let started = deflateInit2_(
            &stream, level, Z_DEFLATED, format.windowBits, 9, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            CInt(MemoryLayout<z_stream>.size))
        guard started == Z_OK else { throw CompressionError.outOfMemory }
    }

    deinit { deflateEnd(&stream) }

    /// Compresses bytes; what is ready goes on to the sink.
    package func write(_ bytes: UnsafeRawBufferPointer) throws {
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
    package func finish() throws {
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

    /// Bytes compressed by gzip as well as it goes.
    package static func compress(_ bytes: [UInt8]) throws -> [UInt8] {
        var compressed: [UInt8] = []
        let stream = try DeflateStream(level: 9) { compressed.append(contentsOf: $0) }
        try bytes.withUnsafeBytes { try stream.write($0) }
        try stream.finish()
        return compressed
    }
}
