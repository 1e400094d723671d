import Glibc
import Logging
import NIOCore
import NIOPosix
import TapNetwork
import TapRelay
import TapSecrets
import TapSplice
import Taproom

/// A client that talks to the loop which passes its bytes on, from socket to socket.
///
/// What waits for another thread or for another socket is left to event loops: passwords that were not checked yet, names of
/// destinations, BIND, datagrams, and connections from a certain address. Used on the thread of its loop only.
final class SocksTunnel: SpliceTalker {
    /// Takes a client that is left to event loops, with its socket, and what is to be called when that is closed.
    typealias Leaving = (SocksConnection.Begun, CInt, @escaping @Sendable () -> Void) -> Void

    private let proxy: SocksProxy
    private let address: [UInt8]?
    private let leave: Leaving
    /// Called when the connection is closed, and not when the client was left to others.
    private let closed: () -> Void
    private var negotiation: Negotiation
    private var user: String?
    private var record: RequestRecord?
    private var target: SocketName?
    private var passed: RelayedBytes?

    /// A client that has said nothing.
    init(
        _ proxy: SocksProxy, _ policy: SocksPolicy, _ client: SocketAddress?, leave: @escaping Leaving,
        closed: @escaping () -> Void
    ) {
        (self.proxy, address, self.leave, self.closed) = (proxy, client?.bytes, leave, closed)
        negotiation = Negotiation(asksForPassword: policy.users != nil)
    }

    // MARK: What the client says

    func said(_ bytes: UnsafeRawBufferPointer) -> SpliceAnswer {
        var reply = ByteBuffer()
        var actions = negotiation.receive(ByteBuffer(bytes: bytes))[...]
        while let action = actions.popFirst() {
            switch action {
            case .send(let bytes): reply.writeImmutableBuffer(bytes)
            case .check(let name, let password):
                guard let known = known(name, password) else { return leaveFor(reply, action, actions) }
                user = known
                proxy.records.countLogin(isRight: true)
                actions = negotiation.passwordChecked(true)[...]
            case .perform(let request):
                guard let next = begin(request) else { return leaveFor(reply, action, actions) }
                return SpliceAnswer(Array(reply.readableBytesView), next)
            case .end(let problem):
                proxy.records.note(problem, metadata)
                return SpliceAnswer(Array(reply.readableBytesView), .end)
            }
        }
        return SpliceAnswer(Array(reply.readableBytesView), .listen)
    }

    /// The user, if the password was right a short while ago.
    private func known(_ name: String, _ password: String) -> String? {
        guard let users = proxy.policy.users else { return nil }
        return users.user(users.digest(of: name, password))
    }

    private func leaveFor(
        _ reply: ByteBuffer, _ action: Negotiation.Action, _ rest: ArraySlice<Negotiation.Action>
    ) -> SpliceAnswer {
        let said: [Negotiation.Action] = reply.readableBytes > 0 ? [.send(reply)] : []
        let begun = SocksConnection.Begun(negotiation: negotiation, user: user, actions: said + [action] + rest)
        return SpliceAnswer([], .leave { [leave] socket, closed in leave(begun, socket, closed) })
    }

    /// Judges a request; nil: it is for others.
    private func begin(_ request: SocksRequest) -> SpliceAnswer.Next? {
        let policy = proxy.policy
        guard request.command == .connect, case .address(let bytes) = request.destination.host, policy.outside == nil,
            let place = try? SocketAddress(bytes: bytes, port: request.destination.port)
        else { return nil }
        let record = RequestRecord(request, Asker(address: address, user: user), policy, proxy.records)
        self.record = record
        if policy.users != nil, user == nil {
            fail(Refusal.unknownUser)
        } else if let refusal = policy.rules.refusal(record.asker, .connect, bytes, request.destination.port) {
            fail(refusal)
        } else {
            target = SocketName(place)
        }
        return .connect
    }

    // MARK: The target

    func nextTarget() -> SpliceTarget? {
        guard let target else { return nil }
        self.target = nil
        return SpliceTarget([target], greeting: Array(negotiation.rest.readableBytesView))
    }

    func targetFailed(_ code: CInt) { fail(IOError(errnoCode: code, reason: "connect")) }

    private func fail(_ error: any Error) {
        guard let record else { return }
        let reply = record.failed(error)
        note(reply, nil, SocksCounters.Bytes())
        self.record = nil
        farewell = bytes(reply, .none, record.request.version)
    }

    private(set) var farewell: [UInt8] = []

    func targetConnected() {
        guard let record else { return }
        // The connection to the target takes a file too.
        ConnectionBudget.process.take()
        let destination = record.request.destination
        let passed = RelayedBytes(proxy.records, user) { [self] bytes in note(.granted, destination, bytes) }
        self.passed = passed
        let early = negotiation.takeRest().readableBytes
        if early > 0 { passed.passed(early, from: .client) }
    }

    func greeting(_ target: CInt) -> [UInt8] {
        guard let record else { return [] }
        let own = SocketName.own(target).flatMap(SocketAddress.init)?.destination ?? .none
        record.granted(own)
        return bytes(.granted, own, record.request.version)
    }

    private func bytes(_ reply: SocksReply, _ address: Destination, _ version: SocksVersion) -> [UInt8] {
        var buffer = ByteBuffer()
        reply.write(version, address, to: &buffer)
        return Array(buffer.readableBytesView)
    }

    // MARK: The connection

    func passed(_ bytes: Int, from side: RelaySide) { passed?.passed(bytes, from: side) }

    func ended(_ ending: RelayEnding) {
        if let passed {
            ConnectionBudget.process.giveBack()
            passed.ended(ending)
        } else if let record {
            record.leftEarly()
            note(.failure, nil, SocksCounters.Bytes())
        } else if ending == .idle, farewell.isEmpty {
            proxy.records.logger.debug("a client did not say in time what it wants", metadata: metadata)
        }
        (passed, record) = (nil, nil)
        closed()
    }

    private func note(_ reply: SocksReply, _ address: Destination?, _ bytes: SocksCounters.Bytes) {
        guard let record, let line = record.line(reply, address, bytes) else { return }
        let (records, log, loop) = (proxy.records, record.policy.log, EventLoops.shared.next())
        loop.execute { records.note(line, in: log, on: loop) }
    }

    private var metadata: Logger.Metadata {
        var metadata: Logger.Metadata = ["client": "\(address.map(Destination.text) ?? "unix")"]
        if let user { metadata["user"] = "\(user)" }
        return metadata
    }
}
