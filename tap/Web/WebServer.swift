import CoreMetrics
import NIOCore
import ServiceLifecycle
import Synchronization
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
    private let responders: Responders

    init(_ site: Site, context: ServiceContext) {
        let responders = Responders(site, service: context.name)
        self.responders = responders
        server = ChannelServer(context, connectionLimit: site.settings.limits.connections) { channel, endpoint in
            channel.eventLoop.makeCompletedFuture { try WebServer.initialize(channel, endpoint, responders) }
        }
    }

    func run() async throws {
        defer {
            responders.retire()
            responders.destroyFigures()
        }
        try await server.run()
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

    private static func initialize(_ channel: any Channel, _ endpoint: Endpoint, _ responders: Responders) throws {
        let responder = responders.responder(on: channel.eventLoop)
        // A client may end its side as soon as it has asked, and still wait for the answer.
        try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
        let watermarks = ChannelOptions.Types.WriteBufferWaterMark(low: 64 << 10, high: 256 << 10)
        try channel.syncOptions?.setOption(.writeBufferWaterMark, value: watermarks)
        try channel.syncOptions?.setOption(.recvAllocator, value: receiving)
        try channel.syncOptions?.setOption(.maxMessagesPerRead, value: 1)
        let settings = responder.site.settings
        guard settings.proxyProtocol.isExpected(from: channel.remoteAddress) else {
            try add(Client(channel), to: channel, endpoint, responder)
            return
        }
        let gate = ProxyHeaderGate(
            timeout: .milliseconds(settings.limits.request.milliseconds), logger: responder.site.logger
        ) { client in
            try add(client, to: channel, endpoint, responder)
        }
        try channel.pipeline.syncOperations.addHandler(gate)
    }

    private static func add(
        _ client: Client, to channel: any Channel, _ endpoint: Endpoint, _ responder: Responder
    ) throws {
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
        /// Made with the first responder: a start has no time for the figures of a service that nobody visits.
        var figures: RequestFigures?
    }

    private let service: String
    /// The one that counts for the service, which event loops do not know.
    private let factory = MetricsSystem.factory
    private let contents: Mutex<Contents>

    init(_ site: Site, service: String) {
        contents = Mutex(Contents(site: site))
        self.service = service
    }

    /// A site with other settings that counts on where the one before does.
    ///
    /// Throws ``SiteError``, ``RouteError``, and ``TapTLS/CertificateError``.
    func site(_ settings: WebSettings, _ own: OwnSite?) throws -> Site {
        let former = contents.withLock { $0.site }
        return try Site(settings, logger: former.logger, counters: former.counters, own)
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
            let figures = contents.figures ?? RequestFigures(service: service, factory: factory)
            contents.figures = figures
            let bound = NIOLoopBound(Responder(contents.site, figures, on: loop), eventLoop: loop)
            contents.byLoop[ObjectIdentifier(loop)] = bound
            return bound
        }
        return bound.value
    }

    /// Has handlers let go of what they keep between requests.
    func retire() {
        for responder in contents.withLock({ Array($0.byLoop.values) }) {
            responder.eventLoop.execute { responder.value.retire() }
        }
    }

    /// Shows what is counted no more.
    func destroyFigures() { contents.withLock { $0.figures }?.destroy() }
}
