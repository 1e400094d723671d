import NIOCore
import Taproom

/// Makes the handlers of a route that passes requests on, with the connections of one event loop.
final class ProxySource: HandlerSource {
    let upstreams: ProxyUpstreams
    let pool: UpstreamPool
    private let connector: UpstreamConnector

    /// For an event loop, on which this is made and used; the upstreams are shared by all loops.
    init(_ upstreams: ProxyUpstreams, loop: any EventLoop) {
        self.upstreams = upstreams
        pool = UpstreamPool(
            upstreams: upstreams.list.count, limit: upstreams.keepsAlive ? upstreams.settings.keepAlive : 0)
        connector = UpstreamConnector(upstreams: upstreams, loop: loop)
        upstreams.startChecks(on: loop)
    }

    func handler(for request: Request, at place: MatchedPath) -> any RequestHandler {
        ProxyHandler(request, at: place, self)
    }

    /// Closes the connections that are idle, and the others when their requests are answered.
    func retire() { pool.retire() }

    /// Makes a connection for a client.
    func connect(
        to index: Int, for client: Client, _ body: @escaping (Result<UpstreamConnection, UpstreamFailure>) -> Void
    ) { connector.connect(to: index, for: client, pool, body) }

    /// Keeps a connection that came too late for its request, unless it tells the upstream who that was from.
    func giveUnused(_ connection: UpstreamConnection) {
        if upstreams.keepsAlive { pool.give(connection) } else { connection.close() }
    }
}

extension ProxyUpstreams: HandlerOrigin {
    var bodyLimit: Int64 { settings.body.bytes }

    func source(on loop: any EventLoop) -> any HandlerSource { ProxySource(self, loop: loop) }
}
