import CBrotli

/// A stream of brotli (RFC 7932).
package final class BrotliStream {
    /// Smaller than gzip's best, and as fast as its usual level.
    private static let quality: UInt32 = 4
    /// The logarithm of how many bytes it looks back, which are its memory as well: what every browser can undo.
    private static let window: UInt32 = 19
    private static let roomSize = 1 << 16

    private let encoder: OpaquePointer
    private let sink: ByteSink
    private var output = [UInt8](repeating: 0, count: roomSize)

    /// A stream of text.
    ///
    /// Throws ``CompressionError/outOfMemory``.
    package init(into sink: @escaping ByteSink) throws {
        guard let encoder = BrotliEncoderCreateInstance(nil, nil, nil) else { throw CompressionError.outOfMemory }
        (self.encoder, self.sink) = (encoder, sink)
        BrotliEncoderSetParameter(encoder, BROTLI_PARAM_QUALITY, Self.quality)
        BrotliEncoderSetParameter(encoder, BROTLI_PARAM_LGWIN, Self.window)
        BrotliEncoderSetParameter(encoder, BROTLI_PARAM_MODE, UInt32(BROTLI_MODE_TEXT.rawValue))
    }

    deinit { BrotliEncoderDestroyInstance(encoder) }

    /// Compresses bytes; what is ready goes on to the sink.
    package func write(_ bytes: UnsafeRawBufferPointer) throws { try compress(bytes, BROTLI_OPERATION_PROCESS) }

    /// Ends the stream.
    package func finish() throws {
        try compress(UnsafeRawBufferPointer(start: nil, count: 0), BROTLI_OPERATION_FINISH)
    }

    private func compress(_ bytes: UnsafeRawBufferPointer, _ operation: BrotliEncoderOperation) throws {
        var next = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        var available = bytes.count
        repeat {
            let written = try output.withUnsafeMutableBufferPointer { room in
                var (target, space) = (room.baseAddress, room.count)
                let isDone = BrotliEncoderCompressStream(
                    encoder, operation, &available, &next, &space, &target, nil)
                guard isDone != 0 else { throw CompressionError.outOfMemory }
                return room.count - space
            }
            if written > 0 { try output.withUnsafeBytes { try sink(UnsafeRawBufferPointer(rebasing: $0[..<written])) } }
        } while available > 0 || BrotliEncoderHasMoreOutput(encoder) != 0
    }
}
