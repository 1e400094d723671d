import NIOCore
import ServiceLifecycle
import Synchronization
import TapNetwork
import TapSplice
import Taproom

/// A running proxy.
final class SocksServer: ReconfigurableService {
    /// How long tunnels have when the service stops: less than the service has, so that nobody is told that it took too long.
    static let grace = Duration.seconds(5)

    private let server: ChannelServer
    private let direct: SpliceServer
    private let proxy: SocksProxy

    init(_ policy: SocksPolicy, _ records: SocksRecords, _ context: ServiceContext) {
        let proxy = SocksProxy(policy, records)
        self.proxy = proxy
        // Everybody talks to a loop of sockets first, which leaves to event loops what it can't do by itself.
        let server = ChannelServer(
            context, connectionLimit: policy.settings.limits.connections, accepting: { _ in false }
        ) { channel, _ in channel.eventLoop.makeSucceededVoidFuture() }
        self.server = server
        direct = SpliceServer(
            context, budgets: server.allBudgets, grace: SocksServer.grace, whenShut: server.endAdoption
        ) { _, name, _, _ in proxy.judge(SocketAddress(name), server) }
    }

    func run() async throws {
        let outcome: Result<Void, any Error>
        do {
            try await withThrowingTaskGroup(of: Void.self) { [server, direct] group in
                group.addTask { try await server.run() }
                group.addTask { try await direct.run() }
                try await group.waitForAll()
            }
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        await proxy.records.end()
        try outcome.get()
    }

    /// Opens what the settings name; from then on requests are judged by them, and what was let through before goes on.
    func reconfiguration(to settings: SocksSettings) async throws -> @Sendable () -> Void {
        let policy = try SocksPolicy(settings, proxy.records, after: proxy.policy)
        return { [proxy, server] in
            proxy.use(policy)
            server.limitConnections(to: settings.limits.connections)
        }
    }
}

/// What all connections of a proxy share.
final class SocksProxy: Sendable {
    let records: SocksRecords
    private let current: Mutex<SocksPolicy>
    private let connections = ClientConnections()

    init(_ policy: SocksPolicy, _ records: SocksRecords) {
        self.records = records
        current = Mutex(policy)
    }

    /// What counts now.
    var policy: SocksPolicy { current.withLock { $0 } }

    /// Has other settings count for what is asked from now on.
    func use(_ policy: SocksPolicy) { current.withLock { $0 = policy } }

    /// Decides about a client that has come.
    func judge(_ client: SocketAddress?, _ server: ChannelServer) -> SpliceServer.Verdict {
        let policy = policy
        var counted: ClientKey?
        if let limit = policy.settings.limits.connectionsPerClient, let key = ClientKey(client) {
            guard connections.take(key, atMost: limit) else { return .refused }
            counted = key
        }
        let limits = policy.settings.limits
        let giveBack = { @Sendable [connections, counted] in if let counted { connections.giveBack(counted) } }
        let tunnel = SocksTunnel(
            self, policy, client,
            leave: { [self] begun, socket, closed in
                server.adopt(socket) {
                    giveBack()
                    closed()
                } initialize: { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try ConnectionOptions.set(on: channel)
                        try channel.pipeline.syncOperations.addHandler(SocksConnection(self, begun))
                    }
                }
            }, closed: giveBack)
        return .talk(
            tunnel,
            SpliceLimits(
                talkMilliseconds: limits.handshake.milliseconds, connectMilliseconds: limits.connect.milliseconds,
                idleMilliseconds: limits.idle.milliseconds))
    }
}
