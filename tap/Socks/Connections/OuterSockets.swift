import NIOCore

/// The sockets that an association sends from to destinations: one for each family of addresses, opened when it is needed.
///
/// Used on one event loop.
final class OuterSockets {
    private enum Socket {
        case opening([AddressedEnvelope<ByteBuffer>])
        case open(any Channel)
        case failed
    }

    /// How many datagrams wait for a socket that is being opened.
    private static let mostWaiting = 16

    private let outside: SocketAddress?
    private let loop: any EventLoop
    private let take: @Sendable (AddressedEnvelope<ByteBuffer>) -> Void
    private var sockets: [Int: Socket] = [:]
    private var isClosed = false

    /// None yet; `take` is called with what comes.
    init(
        _ outside: SocketAddress?, on loop: any EventLoop,
        take: @escaping @Sendable (AddressedEnvelope<ByteBuffer>) -> Void
    ) {
        (self.outside, self.loop, self.take) = (outside, loop, take)
    }

    /// Sends a datagram; false when it is dropped.
    func send(_ envelope: AddressedEnvelope<ByteBuffer>) -> Bool {
        let family = envelope.remoteAddress.bytes?.count ?? 0
        switch sockets[family] {
        case nil:
            sockets[family] = .opening([envelope])
            open(family)
            return true
        case .opening(let waiting):
            guard waiting.count < OuterSockets.mostWaiting else { return false }
            sockets[family] = .opening(waiting + [envelope])
            return true
        case .open(let channel):
            guard channel.isWritable else { return false }
            channel.writeAndFlush(envelope, promise: nil)
            return true
        case .failed: return false
        }
    }

    /// Closes all.
    func close() {
        isClosed = true
        for case .open(let channel) in sockets.values { channel.close(promise: nil) }
        sockets = [:]
    }

    private func open(_ family: Int) {
        let own = outside.flatMap { $0.bytes?.count == family ? $0 : nil }
        guard let place = own ?? (try? SocketAddress(bytes: [UInt8](repeating: 0, count: family), port: 0)),
            outside == nil || own != nil
        else {
            sockets[family] = .failed
            return
        }
        DatagramSocket.open(at: place, on: loop, take: take).assumeIsolated().whenComplete { [self] result in
            guard case .success(let channel) = result else {
                sockets[family] = .failed
                return
            }
            guard !isClosed, case .opening(let waiting) = sockets[family] else { return channel.close(promise: nil) }
            sockets[family] = .open(channel)
            for envelope in waiting { channel.write(envelope, promise: nil) }
            channel.flush()
        }
    }
}
