import Glibc
import Logging
import Synchronization
import TapControl

/// Where an application is controlled: open while it can be asked.
final class ControlDoor: Sendable {
    let socket: BoundSocket
    private let routes: ControlRoutes
    private let logger: Logger
    private let server = Mutex<ControlServer?>(nil)

    init(_ socket: BoundSocket, _ routes: ControlRoutes, _ logger: Logger) {
        self.socket = socket
        self.routes = routes
        self.logger = logger
    }

    /// Begins to accept requests; those that came meanwhile have waited.
    func open() async throws {
        let opened = try await ControlServer(
            socket: dup(socket.descriptor), routes: routes, owner: geteuid(), logger: logger)
        server.withLock { $0 = opened }
    }

    /// Stops accepting; requests that come wait, or are for whoever else has the socket.
    func shut() async { await server.withLock { $0 }?.stopAccepting() }

    /// Stops accepting, and returns when the answers that are on their way have been sent.
    func close() async { await server.withLock { $0 }?.close() }
}
