import NIOCore

/// How connections are read and written.
enum ConnectionOptions {
    /// What is read at once while a client says what it wants: it is little.
    private static let receiving = AdaptiveRecvByteBufferAllocator(minimum: 512, initial: 512, maximum: 16 << 10)

    /// Sets them on the connection of a client, which is read on demand only.
    static func set(on channel: any Channel) throws {
        let options = channel.syncOptions
        // A client may end its side as soon as it has asked, and still wait for what comes back.
        try options?.setOption(.allowRemoteHalfClosure, value: true)
        try options?.setOption(.autoRead, value: false)
        try options?.setOption(.maxMessagesPerRead, value: 1)
        try options?.setOption(.recvAllocator, value: receiving)
    }
}
