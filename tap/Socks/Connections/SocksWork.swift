import NIOCore
import TapRelay
import Taproom

/// Has done what a client asks for: decides whether it may be, does it, and tells the client and the records.
///
/// Everything happens on the event loop of the client's connection.
final class SocksWork {
    /// What the connection of the client is to do next.
    enum Step {
        case reply(ByteBuffer)
        /// Leave the connection to what a closure makes; it calls its second argument when it can take what was read.
        case join((any Channel, () -> Void) throws -> Void)
        /// The last reply is sent.
        case end
        /// Close at once.
        case close
    }

    let request: SocksRequest
    let proxy: SocksProxy
    let policy: SocksPolicy
    let asker: Asker
    let client: any Channel
    private let record: RequestRecord
    private let take: (Step) -> Void
    private var task: (any SocksTask)?
    private var timer: Scheduled<Void>?
    private(set) var isOver = false
    /// Whether the client was told that it gets what it wants, and still has it.
    private var isGranted = false

    /// A request that nobody has looked at; `take` is told what to do.
    init(
        _ request: SocksRequest, _ user: String?, _ proxy: SocksProxy, _ client: any Channel,
        take: @escaping (Step) -> Void
    ) {
        (self.request, self.proxy, policy, self.client, self.take) = (request, proxy, proxy.policy, client, take)
        asker = Asker(address: client.remoteAddress?.bytes, user: user)
        record = RequestRecord(request, asker, policy, proxy.records)
    }

    var loop: any EventLoop { client.eventLoop }

    /// Whether the client has to be watched meanwhile, for it may wait for minutes or hours.
    var mayTakeLong: Bool { request.command != .connect }

    /// Whether what the client sends on its connection goes nowhere.
    var takesNothing: Bool { request.command == .udp }

    /// Begins.
    func start() {
        if policy.users != nil, asker.user == nil { return fail(Refusal.unknownUser) }
        switch request.command {
        case .connect:
            limit(policy.settings.limits.connect)
            findAddresses { [self] addresses in connect(addresses) }
        case .bind:
            limit(policy.settings.limits.connect)
            guard case .address(let bytes) = request.destination.host, bytes.allSatisfy({ $0 == 0 }) else {
                return findAddresses { [self] addresses in waitForOne(of: addresses) }
            }
            if let refusal = policy.rules.refusal(asker, .bind) { return fail(refusal) }
            waitForOne(of: nil)
        case .udp:
            if let refusal = policy.rules.refusal(asker, .udp) { return fail(refusal) }
            associate()
        }
    }

    /// Gives up what is being done.
    func clientIsGone() {
        guard !isOver else { return }
        over()
        guard !isGranted else { return }
        record.leftEarly()
        note(.failure, nil, SocksCounters.Bytes())
    }

    private func over() {
        isOver = true
        timer?.cancel()
        task?.cancel()
        task = nil
    }

    private func limit(_ time: TimeSpan) {
        timer?.cancel()
        timer = loop.assumeIsolated().scheduleTask(in: .milliseconds(time.milliseconds)) { [self] in
            fail(ChannelError.connectTimeout(.milliseconds(time.milliseconds)))
        }
    }

    // MARK: Where it leads

    /// Finds the addresses of the destination that may be asked for.
    private func findAddresses(_ body: @escaping ([[UInt8]]) -> Void) {
        switch request.destination.host {
        case .address(let address): admit([address], body)
        case .name(let name):
            NameLookup.shared.addresses(of: name, on: loop).assumeIsolated().whenComplete { [self] result in
                guard !isOver else { return }
                switch result {
                case .success(let addresses): admit(addresses, body)
                case .failure(let error): fail(error)
                }
            }
        }
    }

    private func admit(_ addresses: [[UInt8]], _ body: ([[UInt8]]) -> Void) {
        var refusal: Refusal?
        let admitted = addresses.filter { address in
            let reason = policy.rules.refusal(asker, request.command, address, request.destination.port)
            refusal = refusal ?? reason
            return reason == nil
        }
        if admitted.isEmpty { fail(refusal ?? .notAllowed) } else { body(admitted) }
    }

    // MARK: What is done

    private func connect(_ addresses: [[UInt8]]) {
        let addresses = addresses.compactMap { try? SocketAddress(bytes: $0, port: request.destination.port) }
        let dialer = Dialer(addresses, from: policy.outside, on: loop) { [self] result in
            switch result {
            case .success(let channel):
                succeed(channel.localAddress?.destination ?? .none)
                join(channel)
            case .failure(let error): fail(error)
            }
        }
        task = dialer
        dialer.start()
    }

    /// Waits for a connection from one of some addresses; nil: from any.
    private func waitForOne(of addresses: [[UInt8]]?) {
        let place = LocalAddress.facing(addresses?.first, policy.outside, client)
        let port = request.destination.port
        let wait = IncomingWait(on: loop) { [asker, policy] peer in
            guard let bytes = peer.bytes, addresses?.contains(bytes) ?? true else { return false }
            return policy.rules.refusal(asker, .bind, bytes, port) == nil
        }
        task = wait
        limit(policy.settings.limits.accept)
        wait.start(at: place) { [self] result in
            switch result {
            case .success(.listening(let address)): reply(.granted, address)
            case .success(.connected(let channel)):
                succeed(channel.remoteAddress?.destination ?? .none)
                join(channel)
            case .failure(let error): fail(error)
            }
        }
    }

    private func associate() {
        let association = DatagramAssociation(self)
        task = association
        association.open(at: LocalAddress.facing(nil, nil, client)) { [self] result in
            switch result {
            case .success(let address):
                isGranted = true
                record.granted(address)
                reply(.granted, address)
            case .failure(let error): fail(error)
            }
        } closed: { [self] bytes in
            note(.granted, nil, bytes)
            guard !isOver else { return }
            over()
            take(.close)
        }
    }

    private func join(_ channel: any Channel) {
        let idle = TimeAmount.milliseconds(policy.settings.limits.idle.milliseconds)
        let record = RelayedBytes(proxy.records, asker.user) { [self] bytes in
            note(.granted, channel.remoteAddress?.destination, bytes)
        }
        take(
            .join { client, isReady in
                let relay = try Relay(client: client, idle: idle, record: record)
                try client.pipeline.syncOperations.addHandler(TunnelEnd(relay), position: .first)
                isReady()
                relay.join(channel)
            })
    }

    // MARK: What comes of it

    private func reply(_ reply: SocksReply, _ address: Destination = .none) {
        var buffer = client.allocator.buffer(capacity: 32)
        reply.write(request.version, address, to: &buffer)
        take(.reply(buffer))
    }

    private func succeed(_ address: Destination) {
        timer?.cancel()
        isOver = true
        task = nil
        record.granted(address)
        reply(.granted, address)
    }

    private func fail(_ error: any Error) {
        guard !isOver else { return }
        over()
        let reply = record.failed(error)
        note(reply, nil, SocksCounters.Bytes())
        self.reply(reply)
        take(.end)
    }

    /// Says that a datagram was not let through.
    func sayRefused(_ refusal: Refusal, _ destination: Destination) { record.datagramRefused(refusal, destination) }

    private func note(_ reply: SocksReply, _ address: Destination?, _ bytes: SocksCounters.Bytes) {
        guard let line = record.line(reply, address, bytes) else { return }
        proxy.records.note(line, in: policy.log, on: loop)
    }
}
