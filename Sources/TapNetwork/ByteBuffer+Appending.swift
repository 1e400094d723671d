package import NIOCore

extension ByteBuffer {
    /// How much that was read already is kept at most before it is given back.
    private static let mostKept = 4096

    /// Adds bytes behind those that were not read yet, and gives back the memory of those that were.
    ///
    /// NIO keeps what was read as long as something is not: a client whose pieces all end in the middle of something would
    /// have a buffer grow for as long as it sends. What moves is less than what was read since it moved last.
    package mutating func append(_ bytes: ByteBuffer) {
        if readableBytes == 0 {
            self = bytes
            return
        }
        if readerIndex > Swift.max(readableBytes, ByteBuffer.mostKept) { discardReadBytes() }
        writeImmutableBuffer(bytes)
    }
}
