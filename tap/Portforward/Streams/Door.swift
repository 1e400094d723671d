import Logging
import NIOCore
import NIOSSL
import TapNetwork
import TapRelay
import TapSplice
import TapTLS
import Taproom

/// Sets up the connections of clients: who is let in, who they are, and how they are encrypted.
struct Door: Sendable {
    let clients = ClientConnections()

    /// Puts handlers into the pipeline of a new connection.
    ///
    /// Throws what NIO does when the channel is gone.
    func initialize(_ channel: any Channel, _ endpoint: Endpoint, _ plan: ForwardPlan) throws {
        guard plan.settings.proxyProtocol.isExpected(from: channel.remoteAddress) else {
            try open(channel, endpoint, plan, nil)
            return
        }
        let gate = ProxyHeaderGate(timeout: plan.connect, logger: plan.logger) { told in
            try open(channel, endpoint, plan, told)
        }
        try channel.pipeline.syncOperations.addHandler(gate)
    }

    private func open(_ channel: any Channel, _ endpoint: Endpoint, _ plan: ForwardPlan, _ told: ToldClient?) throws {
        let address = told?.address ?? channel.remoteAddress
        guard plan.rules.admit(address.ip) else { return refuse(.address, channel, address, plan) }
        if let limit = plan.settings.limits.connectionsPerClient,
            !clients.admit(address.ip, on: channel, atMost: limit)
        {
            return refuse(.limit, channel, address, plan)
        }
        let connection = ForwardConnection(plan, channel, told)
        let pipeline = channel.pipeline.syncOperations
        guard let tls = endpoint.tls else {
            try pipeline.addHandler(StartWhenActive { connection.start() })
            try connection.prepare()
            return
        }
        guard let context = plan.certificates.context(for: tls) else {
            channel.close(promise: nil)
            return
        }
        try SecureEnd.add(NIOSSLServerHandler(context: context), to: pipeline)
        let secured = try Connector.waitForHandshake(on: channel, timeout: plan.connect)
        try connection.prepare()
        secured.assumeIsolated().whenSuccess { _ in connection.start() }
    }

    /// Decides about a connection to a plain endpoint; nil: it has to be looked into, or waited for.
    func judge(_ socket: CInt, _ name: SocketName, _ plan: ForwardPlan) -> SpliceServer.Verdict? {
        let client = SocketAddress(name)
        guard plan.addresses.areKnown, !plan.settings.proxyProtocol.isExpected(from: client) else { return nil }
        guard plan.rules.admit(client) else {
            plan.records.refuse(.address, client)
            return .refused
        }
        guard let limit = plan.settings.limits.connectionsPerClient, let key = ClientKey(client) else {
            return .direct(DirectConnection(plan, socket, client, nil, nil), plan.limits)
        }
        guard clients.take(key, atMost: limit) else {
            plan.records.refuse(.limit, client)
            return .refused
        }
        return .direct(DirectConnection(plan, socket, client, clients, key), plan.limits)
    }

    private func refuse(
        _ refusal: ForwardRecords.Refusal, _ channel: any Channel, _ address: SocketAddress?, _ plan: ForwardPlan
    ) {
        plan.records.refuse(refusal, address.ip)
        channel.close(promise: nil)
    }
}

extension SocketAddress? {
    /// The address where it is one of IP; clients at unix sockets have none.
    var ip: SocketAddress? { if case .unixDomainSocket? = self { nil } else { self } }
}

/// Starts what serves a connection as soon as the connection can be used, which may be at once.
private final class StartWhenActive: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let start: () -> Void

    init(_ start: @escaping () -> Void) { self.start = start }

    func handlerAdded(context: ChannelHandlerContext) {
        // Behind a header of the PROXY protocol; what is behind this in the pipeline is added first.
        guard context.channel.isActive else { return }
        context.eventLoop.assumeIsolated().execute { [self] in begin(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        begin(context)
    }

    private func begin(_ context: ChannelHandlerContext) {
        start()
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
}
