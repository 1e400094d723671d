import NIOCore
import NIOPosix
import Taproom

/// Passes datagrams between a client and those it sends some to, as long as the client's connection is there (RFC 1928,
/// section 7).
///
/// Everything happens on the event loop of that connection. Datagrams that can't be passed on at once are dropped, as
/// datagrams are.
final class DatagramAssociation: SocksTask {
    private let work: SocksWork
    private let clientAddress: [UInt8]
    /// The port that the client sends from, when it has said so or has sent something.
    private var clientPort: UInt16?
    private var inner: (any Channel)?
    private var outer: OuterSockets?
    private var names = DatagramNames()
    private var peers = DatagramPeers()
    private var closed: ((SocksCounters.Bytes) -> Void)?
    private var timer: Scheduled<Void>?
    private var lastUse = NIODeadline.now()
    private var total = SocksCounters.Bytes()
    private var untold = SocksCounters.Bytes()

    /// One for a request that was let through.
    init(_ work: SocksWork) {
        self.work = work
        clientAddress = work.client.remoteAddress?.bytes ?? [127, 0, 0, 1]
        clientPort = DatagramAssociation.port(work.request.destination, clientAddress)
    }

    /// The port that a client says it will send from, unless it is behind something that changes its address.
    private static func port(_ destination: Destination, _ client: [UInt8]) -> UInt16? {
        guard destination.port > 0, case .address(let bytes) = destination.host,
            bytes.allSatisfy({ $0 == 0 }) || NearAddress.plain(bytes) == client
        else { return nil }
        return destination.port
    }

    /// Opens a socket for the client at any free port of an address.
    ///
    /// - Parameters:
    ///   - place: the address; nil: there is none.
    ///   - opened: is told where the client sends to.
    ///   - closed: is told when nothing was sent for too long, or it could not go on, and when it was cancelled; with the bytes
    ///     that were passed on.
    func open(
        at place: SocketAddress?, opened: @escaping (Result<Destination, any Error>) -> Void,
        closed: @escaping (SocksCounters.Bytes) -> Void
    ) {
        guard let place else { return opened(.failure(DialerProblem.noAddress)) }
        let bound = NIOLoopBound(self, eventLoop: work.loop)
        let socket = DatagramSocket.open(at: place, on: work.loop) { bound.value.clientSent($0) }
        socket.assumeIsolated().whenComplete { [self] result in
            switch result {
            case .success(let channel):
                guard !work.isOver else { return channel.close(promise: nil) }
                inner = channel
                self.closed = closed
                outer = OuterSockets(work.policy.outside, on: work.loop) { bound.value.peerSent($0) }
                watch()
                channel.closeFuture.assumeIsolated().whenComplete { [self] _ in cancel() }
                opened(.success(channel.localAddress?.destination ?? .none))
            case .failure(let error): opened(.failure(error))
            }
        }
    }

    func cancel() {
        timer?.cancel()
        let closed = closed
        self.closed = nil
        inner?.close(promise: nil)
        outer?.close()
        (inner, outer) = (nil, nil)
        tell()
        closed?(total)
    }

    private func watch() {
        let idle = TimeAmount.milliseconds(work.policy.settings.limits.idle.milliseconds)
        let due = lastUse + idle
        timer = work.loop.assumeIsolated().scheduleTask(deadline: due) { [self] in
            tell()
            if lastUse + idle <= .now() { cancel() } else { watch() }
        }
    }

    private func tell() {
        work.proxy.records.count(untold, for: work.asker.user)
        total.sent += untold.sent
        total.received += untold.received
        untold = SocksCounters.Bytes()
    }

    // MARK: From the client

    private func clientSent(_ envelope: AddressedEnvelope<ByteBuffer>) {
        guard let bytes = envelope.remoteAddress.bytes, bytes == clientAddress, let port = envelope.remoteAddress.port,
            let datagram = SocksDatagram(envelope.data)
        else { return }
        let source = UInt16(truncatingIfNeeded: port)
        guard source == clientPort ?? source else { return }
        clientPort = source
        lastUse = .now()
        switch datagram.destination.host {
        case .address(let address): send(datagram.payload, to: address, datagram.destination.port)
        case .name(let name): send(datagram.payload, toName: name, datagram.destination.port)
        }
    }

    private func send(_ payload: ByteBuffer, toName name: String, _ port: UInt16) {
        switch names.look(up: name, for: DatagramNames.Waiting(payload: payload, port: port), now: lastUse) {
        case .known(let address): send(payload, to: address, port)
        case .waits, .dropped: break
        case .asks:
            NameLookup.shared.addresses(of: name, on: work.loop).assumeIsolated().whenComplete { [self] result in
                let address = (try? result.get())?.first { refusal($0, port) == nil }
                for waiting in names.found(address, for: name, now: .now()) {
                    if let address { send(waiting.payload, to: address, waiting.port) }
                }
            }
        }
    }

    private func refusal(_ address: [UInt8], _ port: UInt16) -> Refusal? {
        work.proxy.policy.rules.refusal(work.asker, .udp, address, port)
    }

    private func send(_ payload: ByteBuffer, to address: [UInt8], _ port: UInt16) {
        let address = NearAddress.plain(address)
        if let refusal = refusal(address, port) {
            work.sayRefused(refusal, Destination(host: .address(address), port: port))
            return
        }
        guard let outer, let target = try? SocketAddress(bytes: address, port: port) else { return }
        peers.insert(address)
        if outer.send(AddressedEnvelope(remoteAddress: target, data: payload)) {
            untold.sent += Int64(payload.readableBytes)
        }
    }

    // MARK: To the client

    private func peerSent(_ envelope: AddressedEnvelope<ByteBuffer>) {
        guard let source = envelope.remoteAddress.destination, case .address(let bytes) = source.host,
            peers.contains(bytes), let clientPort, let inner, inner.isWritable,
            let client = try? SocketAddress(bytes: clientAddress, port: clientPort)
        else { return }
        lastUse = .now()
        untold.received += Int64(envelope.data.readableBytes)
        let datagram = SocksDatagram(source, envelope.data).bytes(inner.allocator)
        inner.writeAndFlush(AddressedEnvelope(remoteAddress: client, data: datagram), promise: nil)
    }
}
