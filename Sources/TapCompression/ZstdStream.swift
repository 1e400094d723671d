import CZstd

/// A stream of one zstd frame (RFC 8878).
///
/// Equal input gives equal bytes with a version of the library, however many threads compress.
package final class ZstdStream {
    /// That of the library and of dpkg-deb: ten times as fast as gzip, and smaller.
    package static let level: CInt = 3
    private static let threads: CInt = 2
    /// How much is given to a thread at once: less than the library would, so that all of it needs little memory.
    private static let jobSize: CInt = 1 << 20

    private let context: OpaquePointer
    private let sink: ByteSink
    private var output: [UInt8]

    /// A stream that one thread compresses, or several.
    ///
    /// Throws ``CompressionError/outOfMemory``.
    package init(isParallel: Bool = false, into sink: @escaping ByteSink) throws {
        guard let context = ZSTD_createCCtx() else { throw CompressionError.outOfMemory }
        (self.context, self.sink) = (context, sink)
        output = [UInt8](repeating: 0, count: ZSTD_CStreamOutSize())
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Self.level)
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
        guard isParallel else { return }
        // A library without threads refuses, and compresses in this one: the bytes are others then.
        ZSTD_CCtx_setParameter(context, ZSTD_c_nbWorkers, Self.threads)
        ZSTD_CCtx_setParameter(context, ZSTD_c_jobSize, Self.jobSize)
    }

    deinit { ZSTD_freeCCtx(context) }

    /// Compresses bytes; what is ready goes on to the sink.
    package func write(_ bytes: UnsafeRawBufferPointer) throws { _ = try compress(bytes, ZSTD_e_continue) }

    /// Ends the frame.
    package func finish() throws {
        while try compress(UnsafeRawBufferPointer(start: nil, count: 0), ZSTD_e_end) != 0 {}
    }

    private func compress(_ bytes: UnsafeRawBufferPointer, _ directive: ZSTD_EndDirective) throws -> Int {
        var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
        var remaining = 0
        repeat {
            let written = output.withUnsafeMutableBytes { room in
                var target = ZSTD_outBuffer(dst: room.baseAddress, size: room.count, pos: 0)
                remaining = ZSTD_compressStream2(context, &target, &input, directive)
                return target.pos
            }
            guard ZSTD_isError(remaining) == 0 else { throw CompressionError.outOfMemory }
            if written > 0 { try output.withUnsafeBytes { try sink(UnsafeRawBufferPointer(rebasing: $0[..<written])) } }
        } while input.pos < input.size
        return remaining
    }
}
