import NIOCore
import ServiceLifecycle
import Synchronization
import TapNetwork
import Taproom

/// A running proxy.
final class SocksServer: ReconfigurableService {
    private let server: ChannelServer
    private let proxy: SocksProxy

    init(_ policy: SocksPolicy, _ records: SocksRecords, _ context: ServiceContext) {
        let proxy = SocksProxy(policy, records)
        self.proxy = proxy
        server = ChannelServer(context, connectionLimit: policy.settings.limits.connections) { channel, _ in
            channel.eventLoop.makeCompletedFuture { try proxy.initialize(channel) }
        }
    }

    func run() async throws {
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await server.run())
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

    /// Puts handlers into the pipeline of a new connection, or closes it when its client has too many.
    func initialize(_ channel: any Channel) throws {
        let policy = policy
        if let limit = policy.settings.limits.connectionsPerClient,
            !connections.admit(channel.remoteAddress, on: channel, atMost: limit)
        {
            channel.close(promise: nil)
            return
        }
        try ConnectionOptions.set(on: channel)
        try channel.pipeline.syncOperations.addHandler(SocksConnection(self, policy))
    }
}
