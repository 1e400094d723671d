import Glibc
import Logging
import Synchronization
import TapControl

/// Where an application is controlled: open while it can be asked.
final class ControlDoor: Sendable {
    let sockets: ControlSockets
    private let routes: ControlRoutes
    private let logger: Logger
    private let servers = Mutex<[ControlServer]>([])

    init(_ sockets: ControlSockets, _ routes: ControlRoutes, _ logger: Logger) {
        self.sockets = sockets
        self.routes = routes
        self.logger = logger
    }

    /// Begins to accept requests; those that came meanwhile have waited.
    func open() async throws {
        var opened: [ControlServer] = []
        for (socket, admission) in sockets.doors(owner: geteuid()) {
            opened.append(
                try await ControlServer(
                    socket: dup(socket.descriptor), routes: routes, admission: admission, logger: logger))
        }
        servers.withLock { [opened] in $0 = opened }
    }

    /// Stops accepting; requests that come wait, or are for whoever else has the sockets.
    func shut() async { for server in servers.withLock({ $0 }) { await server.stopAccepting() } }

    /// Stops accepting, and returns when the answers that are on their way have been sent.
    func close() async { for server in servers.withLock({ $0 }) { await server.close() } }
}
