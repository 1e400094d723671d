import NIOCore

/// Lends its memory to whoever on an event loop collects what is sent next, so that none has to be allocated for it.
final class SpareBuffer {
    /// What is kept when it comes back.
    private static let maximumBytes = 64 << 10

    private var spare: ByteBuffer?

    /// An empty buffer.
    func take() -> ByteBuffer {
        defer { spare = nil }
        return spare ?? ByteBufferAllocator().buffer(capacity: 4096)
    }

    /// Keeps a buffer whose bytes nobody needs any more.
    func giveBack(_ buffer: consuming ByteBuffer) {
        guard spare == nil, buffer.capacity <= Self.maximumBytes else { return }
        buffer.clear()
        spare = buffer
    }
}
