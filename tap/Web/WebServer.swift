import NIOCore
import ServiceLifecycle
import Synchronization
import TapAccessLog
import TapNetwork
import Taproom

/// A running web service.
final class WebServer: ReconfigurableService {
    /// What is read from a client at once.
    ///
    /// All requests in it are taken apart before the first is answered, so that little can become much. A connection that
    /// is idle keeps a buffer of the size it needed last: most requests fit into the first.
    private static let receiving = AdaptiveRecvByteBufferAllocator(minimum: 512, initial: 1024, maximum: 16 << 10)

    private let server: ChannelServer
    private let connections = ClientConnections()
    private let responders: Responders

    init(_ site: Site, context: ServiceContext) {
        let responders = Responders(site)
        self.responders = responders
        server = ChannelServer(context, connectionLimit: site.settings.limits.connections) {
            [connections] channel, endpoint in
            do {
                try WebServer.initialize(channel, endpoint, responders, connections)
                // An event loop has one of these for all, where `makeCompletedFuture` makes another.
                return channel.eventLoop.makeSucceededVoidFuture()
            } catch {
                return channel.eventLoop.makeFailedFuture(error)
            }
        }
    }

    func run() async throws {
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await server.run())
        } catch {
            outcome = .failure(error)
        }
        await responders.end()
        try outcome.get()
    }

    /// Opens the new folder; from then on the next request on every connection is answered from there.
    func reconfiguration(to settings: WebSettings) async throws -> @Sendable () -> Void {
        try reconfiguration(to: settings, nil)
    }

    /// The same, with the routes of a program.
    func reconfiguration(to settings: WebSettings, _ own: OwnSite?) throws -> @Sendable () -> Void {
        let site = try responders.site(settings, own)
        return { [responders] in responders.use(site) }
    }

    private static func initialize(
        _ channel: any Channel, _ endpoint: Endpoint, _ responders: Responders, _ connections: ClientConnections
    ) throws {
        let responder = responders.responder(on: channel.eventLoop)
        // A client may end its side as soon as it has asked, and still wait for the answer.
        try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
        let watermarks = ChannelOptions.Types.WriteBufferWaterMark(low: 64 << 10, high: 256 << 10)
        try channel.syncOptions?.setOption(.writeBufferWaterMark, value: watermarks)
        try channel.syncOptions?.setOption(.recvAllocator, value: receiving)
        try channel.syncOptions?.setOption(.maxMessagesPerRead, value: 1)
        let settings = responder.site.settings
        guard settings.proxyProtocol.isExpected(from: channel.remoteAddress) else {
            try add(Client(channel), to: channel, endpoint, responder, connections)
            return
        }
        let gate = ProxyHeaderGate(
            timeout: .milliseconds(settings.limits.request.milliseconds), logger: responder.site.logger
        ) { told in
            let client = told.address.map { Client(address: $0, isSecure: false, port: told.port) } ?? Client(channel)
            try add(client, to: channel, endpoint, responder, connections)
        }
        try channel.pipeline.syncOperations.addHandler(gate)
    }

    private static func add(
        _ client: Client, to channel: any Channel, _ endpoint: Endpoint, _ responder: Responder,
        _ connections: ClientConnections
    ) throws {
        if let limit = responder.site.settings.limits.connectionsPerClient,
            !connections.admit(client.address, on: channel, atMost: limit)
        {
            channel.close(promise: nil)
            return
        }
        if let tls = endpoint.tls {
            try SecureConnection.initialize(channel, responder, tls, client)
        } else {
            try channel.pipeline.syncOperations.addHandler(HTTP1Connection(responder, client))
        }
    }
}

/// The responders of a service, one for each event loop that has had a connection.
private final class Responders: Sendable {
    private struct Contents {
        var site: Site
        var byLoop: [ObjectIdentifier: NIOLoopBound<Responder>] = [:]
    }

    private let contents: Mutex<Contents>

    init(_ site: Site) { contents = Mutex(Contents(site: site)) }

    /// A site with other settings that counts on where the one before does.
    ///
    /// Throws ``SiteError``, ``RouteError``, ``TapAccessLog/AccessLogError``, ``TapSecrets/PasswordFileError``, and ``TapTLS/CertificateError``.
    func site(_ settings: WebSettings, _ own: OwnSite?) throws -> Site {
        let former = contents.withLock { $0.site }
        return try Site(settings, logger: former.logger, records: former.records, own)
    }

    /// Has all requests from now on answered from another site.
    func use(_ site: Site) {
        let responders = contents.withLock { contents in
            contents.site = site
            return Array(contents.byLoop.values)
        }
        for responder in responders { responder.eventLoop.execute { responder.value.use(site) } }
    }

    /// Called on the event loop.
    func responder(on loop: any EventLoop) -> Responder {
        let bound = contents.withLock { contents in
            if let bound = contents.byLoop[ObjectIdentifier(loop)] { return bound }
            let bound = NIOLoopBound(Responder(contents.site, on: loop), eventLoop: loop)
            contents.byLoop[ObjectIdentifier(loop)] = bound
            return bound
        }
        return bound.value
    }

    /// Has handlers let go of what they keep between requests, and waits until all is written down.
    func end() async {
        let (site, responders) = contents.withLock { ($0.site, Array($0.byLoop.values)) }
        for responder in responders {
            let done = responder.eventLoop.submit {
                responder.value.retire()
                responder.value.lines.handOver()
            }
            try? await done.get()
        }
        await site.records.end()
    }
}
