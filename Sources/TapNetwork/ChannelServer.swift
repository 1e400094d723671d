import Logging
public import NIOCore
import NIOPosix
public import ServiceLifecycle
import Synchronization
public import Taproom

/// Accepts connections on the sockets of a service and gives each a pipeline: the base of kinds that speak NIO.
///
/// When the graceful shutdown begins it stops accepting and fires NIO's `ChannelShouldQuiesceEvent` through the pipelines
/// of the connections that are open. A pipeline should finish what it is doing and close. `run()` returns when the last
/// connection is closed, or closes those that are left when its task is cancelled.
public final class ChannelServer: Service {
    private let service: String
    private let listeners: [Listener]
    private let logger: Logger
    private let budgets: [ConnectionBudget]
    private let own: ConnectionBudget
    private let initialize: @Sendable (any Channel, Endpoint) -> EventLoopFuture<Void>
    private let connections = OpenConnections()
    private let isAdopting: Bool

    /// A server that has not started.
    ///
    /// Of all servers of a process together not more connections are accepted than the limit of open files allows. Clients
    /// beyond a limit wait, and are accepted when others leave.
    ///
    /// - Parameters:
    ///   - context: what the service was given; all of its listeners are served but those that take datagrams.
    ///   - connectionLimit: how many connections this server has at most; nil: as many as the process can have. With several
    ///     listeners there can be one more for each.
    ///   - initialize: puts handlers into the pipeline of a new connection to an endpoint, on its event loop.
    public convenience init(
        _ context: ServiceContext, connectionLimit: Int? = nil,
        initialize: @escaping @Sendable (any Channel, Endpoint) -> EventLoopFuture<Void>
    ) {
        self.init(context, connectionLimit: connectionLimit, accepting: nil, initialize: initialize)
    }

    /// The same for some of the listeners; connections to others can be given to it by ``adopt(_:at:closed:)``, until the
    /// graceful shutdown.
    package init(
        _ context: ServiceContext, connectionLimit: Int? = nil, accepting: ((Endpoint) -> Bool)?,
        initialize: @escaping @Sendable (any Channel, Endpoint) -> EventLoopFuture<Void>
    ) {
        service = context.name
        listeners = context.listeners.filter { !$0.endpoint.takesDatagrams && accepting?($0.endpoint) ?? true }
        isAdopting = accepting != nil
        logger = context.logger
        own = ConnectionBudget(limit: connectionLimit ?? .max)
        budgets = [ConnectionBudget.process, own]
        self.initialize = initialize
    }

    /// Takes over a connection that somebody else has accepted and counts.
    ///
    /// - Parameters:
    ///   - descriptor: the socket, which is closed in any case.
    ///   - endpoint: where it was accepted.
    ///   - closed: called when it is closed.
    package func adopt(_ descriptor: CInt, at endpoint: Endpoint, closed: @escaping @Sendable () -> Void) {
        let (initialize, connections) = (initialize, connections)
        ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).channelInitializer { channel in
            connections.add(channel, closed: closed)
            return initialize(channel, endpoint)
        }.withConnectedSocket(descriptor).whenFailure { _ in }
    }

    /// The budgets that have to have room for a connection that somebody else accepts.
    package var allBudgets: [ConnectionBudget] { budgets }

    /// Has another number of connections at most from now on; those that are open stay.
    ///
    /// Nil: as many as the process can have.
    package func limitConnections(to limit: Int?) { own.limit = limit ?? .max }

    /// Serves until the graceful shutdown, which it waits for also when there is no socket to serve, and then until the last
    /// connection is closed.
    public func run() async throws {
        let figures = listeners.map { EndpointFigures(service: service, endpoint: $0.endpoint) }
        defer { for figures in figures { figures.destroy() } }
        var servers: [any Channel] = []
        for (listener, figures) in zip(listeners, figures) { servers.append(try await start(listener, figures)) }
        let accepting = servers
        let (stopped, stop) = AsyncStream.makeStream(of: Void.self)
        await withTaskCancellationOrGracefulShutdownHandler {
            for server in accepting { try? await server.closeFuture.get() }
            if isAdopting || accepting.isEmpty { for await _ in stopped {} }
        } onCancelOrGracefulShutdown: {
            for server in accepting { self.stopAccepting(server) }
            stop.finish()
        }
        connections.quiesce()
        await withTaskCancellationHandler {
            await connections.allClosed()
        } onCancel: {
            connections.close()
        }
    }

    /// Stops accepting without dropping a connection that was accepted.
    ///
    /// NIO closes connections that are on their way to their event loop when their listener is closed. So nothing is accepted
    /// any more first, and when all event loops have done what they had to do until then, the listener is closed.
    private func stopAccepting(_ server: any Channel) {
        let loops = EventLoops.shared.makeIterator()
        server.setOption(.autoRead, value: false).flatMap {
            EventLoopFuture.andAllComplete(loops.map { $0.submit {} }, on: server.eventLoop)
        }.flatMap {
            server.eventLoop.submit {}
        }.whenComplete { _ in server.close(promise: nil) }
    }

    private func start(_ listener: Listener, _ figures: EndpointFigures) async throws -> any Channel {
        let descriptor = try listener.duplicate()
        let (budgets, logger) = (budgets, logger)
        let connections = connections
        let (initialize, endpoint) = (initialize, listener.endpoint)
        let bootstrap = ServerBootstrap(group: EventLoops.shared)
            // NIO listens once more, on the same socket, and would shorten the queue that the runner asked for.
            .serverChannelOption(.backlog, value: Listener.backlog)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        Acceptance(budgets, figures, logger) { connection in
                            connections.add(connection) {
                                for budget in budgets { budget.giveBack() }
                                figures.noteClosed()
                            }
                        })
                }
            }
            .childChannelInitializer { initialize($0, endpoint) }
        let server = try await bootstrap.withBoundSocket(descriptor).get()
        logger.debug("accepting", metadata: ["endpoint": "\(listener.endpoint)"])
        return server
    }
}

/// The connections of one server, from any thread.
private final class OpenConnections: Sendable {
    private struct Contents {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let contents = Mutex(Contents())

    /// Adds a connection; `closed` is called when it is closed.
    func add(_ channel: any Channel, closed: @escaping @Sendable () -> Void) {
        contents.withLock { $0.channels[ObjectIdentifier(channel)] = channel }
        channel.closeFuture.whenComplete { [self] _ in
            closed()
            remove(channel)
        }
    }

    private func remove(_ channel: any Channel) {
        let waiting: CheckedContinuation<Void, Never>? = contents.withLock { contents in
            contents.channels[ObjectIdentifier(channel)] = nil
            guard contents.channels.isEmpty else { return nil }
            defer { contents.waiting = nil }
            return contents.waiting
        }
        waiting?.resume()
    }

    func quiesce() {
        for channel in contents.withLock({ Array($0.channels.values) }) {
            channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
    }

    func close() {
        for channel in contents.withLock({ Array($0.channels.values) }) { channel.close(promise: nil) }
    }

    func allClosed() async {
        await withCheckedContinuation { continuation in
            let isDone = contents.withLock { contents in
                if !contents.channels.isEmpty { contents.waiting = continuation }
                return contents.channels.isEmpty
            }
            if isDone { continuation.resume() }
        }
    }
}
