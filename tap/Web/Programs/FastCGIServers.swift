import Glibc
import Logging
import NIOCore
import NIOPosix
import Taproom

/// The servers of a route, as one event loop sees them: which of them answer, and connections that are kept.
///
/// Used on its event loop.
final class FastCGIServers {
    /// How long a server is left alone that could not be reached, as long as there are others.
    private static let rest = TimeAmount.seconds(10)

    private struct Server {
        let address: FastCGIAddress
        var idle: [FastCGIConnection] = []
        var restsUntil: NIODeadline = .uptimeNanoseconds(0)
        var isFailing = false
    }

    private let loop: any EventLoop
    private let logger: Logger
    private let settings: FastCGISettings
    private var servers: [Server]
    private var next = 0
    private var isRetired = false

    init(_ settings: FastCGISettings, loop: any EventLoop, logger: Logger) {
        (self.settings, self.loop, self.logger) = (settings, loop, logger)
        servers = settings.to.elements.compactMap { FastCGIAddress($0) }.map { Server(address: $0) }
    }

    /// Whether connections are kept at all.
    var keepsConnections: Bool { settings.keep > 0 && !isRetired }

    /// In which order the servers are asked: the next one first, and those at rest last.
    func order() -> [Int] {
        guard !servers.isEmpty else { return [] }
        let now = loop.now
        let turn = (0..<servers.count).map { (next + $0) % servers.count }
        next = (next + 1) % servers.count
        return turn.filter { servers[$0].restsUntil <= now } + turn.filter { servers[$0].restsUntil > now }
    }

    func name(_ number: Int) -> String { servers[number].address.description }

    /// A kept connection to a server.
    ///
    /// Answers nil when there is none.
    func takeIdle(_ number: Int) -> FastCGIConnection? {
        let connection = servers[number].idle.popLast()
        connection?.idleTask?.cancel()
        return connection
    }

    /// Makes a connection to a server.
    func connect(_ number: Int, _ whenDone: @escaping (Result<FastCGIConnection, any Error>) -> Void) {
        let connection = FastCGIConnection(
            whenFree: { [weak self] in self?.keep($0, number) }, whenLost: { [weak self] in self?.remove($0, number) })
        let bound = NIOLoopBound(connection, eventLoop: loop)
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(.milliseconds(settings.connect.milliseconds))
            .channelOption(.autoRead, value: false)
            .channelOption(.writeBufferWaterMark, value: .init(low: 32 << 10, high: 128 << 10))
            .channelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 16 << 10, maximum: 64 << 10)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(bound.value) }
            }
        let future =
            switch servers[number].address {
            case .unix(let path): bootstrap.connect(unixDomainSocketPath: path)
            case .tcp(let host, let port): bootstrap.connect(host: host, port: port)
            }
        future.assumeIsolated().whenComplete { [self] result in
            note(number, result.map { _ in })
            whenDone(result.map { _ in bound.value })
        }
    }

    /// Remembers whether a server could be reached.
    private func note(_ number: Int, _ result: Result<Void, any Error>) {
        let name = servers[number].address.description
        switch result {
        case .success:
            if servers[number].isFailing {
                logger.notice("a FastCGI server answers again", metadata: ["server": "\(name)"])
            }
            (servers[number].isFailing, servers[number].restsUntil) = (false, .uptimeNanoseconds(0))
        // Its queue is full, but it lives.
        case .failure(let error as IOError) where error.errnoCode == EAGAIN: break
        case .failure(let error):
            if !servers[number].isFailing {
                logger.error("a FastCGI server can't be reached", metadata: ["error": "\(error)", "server": "\(name)"])
            }
            (servers[number].isFailing, servers[number].restsUntil) = (true, loop.now + FastCGIServers.rest)
        }
    }

    private func keep(_ connection: FastCGIConnection, _ number: Int) {
        guard keepsConnections, servers[number].idle.count < settings.keep else { return connection.close() }
        servers[number].idle.append(connection)
        connection.idleTask = loop.assumeIsolated().scheduleTask(in: .milliseconds(settings.idle.milliseconds)) {
            [weak connection] in connection?.close()
        }
    }

    private func remove(_ connection: FastCGIConnection, _ number: Int) {
        servers[number].idle.removeAll { $0 === connection }
    }

    /// Closes what is kept, and keeps nothing more.
    func retire() {
        isRetired = true
        for number in servers.indices {
            let idle = servers[number].idle
            servers[number].idle = []
            for connection in idle { connection.close() }
        }
    }
}
