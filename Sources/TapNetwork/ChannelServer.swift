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
    private let (adoptionEnded, adoptionEnd) = AsyncStream.makeStream(of: Void.self)

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

    /// The same for some of the listeners; connections to others can be given to it by ``adopt(_:at:closed:)``, until
    /// ``endAdoption()``, which has to be called.
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
        let initialize = initialize
        adopt(descriptor, closed: closed) { initialize($0, endpoint) }
    }

    /// The same for a connection with handlers of its own.
    package func adopt(
        _ descriptor: CInt, closed: @escaping @Sendable () -> Void,
        initialize: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) {
        let connections = connections
        let number = connections.expect()
        ClientBootstrap(group: EventLoops.shared).channelInitializer { channel in
            connections.add(channel, expected: number, closed: closed)
            return initialize(channel)
        }.withConnectedSocket(descriptor).whenFailure { _ in
            // A connection that never got as far as its handlers.
            if connections.giveUp(number) { closed() }
        }
    }

    /// Nobody gives it a connection any more.
    package func endAdoption() { adoptionEnd.finish() }

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
        // Who gives connections away accepts until now, and so they are all here.
        if isAdopting { for await _ in adoptionEnded {} }
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
