import NIOCore
import ServiceLifecycle
import TapNetwork
import TapSplice
import Taproom

/// A running service.
final class PortforwardServer: ReconfigurableService {
    private let server: ChannelServer
    private let direct: SpliceServer
    private let datagrams: DatagramServer
    private let source: PlanSource

    init(_ plan: ForwardPlan, context: ServiceContext) {
        let (door, source) = (Door(), PlanSource(plan))
        self.source = source
        // What is encrypted goes over event loops, and so does what a plain door can't pass on by itself.
        let server = ChannelServer(
            context, connectionLimit: plan.settings.limits.connections, accepting: { $0.tls != nil }
        ) { channel, endpoint in
            channel.eventLoop.makeCompletedFuture { try door.initialize(channel, endpoint, source.plan) }
        }
        self.server = server
        direct = SpliceServer(context, budgets: server.allBudgets, accepting: { $0.tls == nil }, whenShut: server.endAdoption) {
            socket, name, endpoint, closed in
            if let verdict = door.judge(socket, name, source.plan) { return verdict }
            server.adopt(socket, at: endpoint, closed: closed)
            return .elsewhere
        }
        datagrams = DatagramServer(context) { channel, _ in
            try channel.pipeline.syncOperations.addHandler(DatagramDoor(source))
        }
    }

    /// What counts for connections that come now.
    var plan: ForwardPlan { source.plan }

    func run() async throws {
        source.start()
        let outcome: Result<Void, any Error>
        do {
            try await withThrowingTaskGroup(of: Void.self) { [server, direct, datagrams] group in
                group.addTask { try await server.run() }
                group.addTask { try await direct.run() }
                group.addTask { try await datagrams.run() }
                try await group.waitForAll()
            }
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        source.stop()
        source.plan.records.end()
        try outcome.get()
    }

    /// Reads certificates; from then on the next connection is passed on by the new settings.
    func reconfiguration(to settings: PortforwardSettings) async throws -> @Sendable () -> Void {
        let former = source.plan
        let plan = try ForwardPlan(settings, former.records, former.logger)
        return { [source, server] in
            server.limitConnections(to: settings.limits.connections)
            source.use(plan)
        }
    }
}
