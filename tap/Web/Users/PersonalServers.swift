import NIOCore
import NIOHTTP1
import Taproom

/// Passes requests on to the servers of users.
final class PersonalServers: HandlerOrigin {
    private let folders: UserFolders

    init(_ folders: UserFolders) { self.folders = folders }

    var bodyLimit: Int64 { ProxySettings().body.bytes }

    func source(on loop: any EventLoop) -> any HandlerSource { PersonalSource(folders, loop) }
}

/// The connections of one event loop to the servers of users.
private final class PersonalSource: HandlerSource {
    /// To how many servers connections are kept.
    private static let maximumServers = 64

    private let folders: UserFolders
    private let loop: any EventLoop
    private var servers: [String: (socket: PersonalSocket, source: ProxySource)] = [:]

    init(_ folders: UserFolders, _ loop: any EventLoop) { (self.folders, self.loop) = (folders, loop) }

    func handler(for request: Request, at place: MatchedPath) -> any RequestHandler {
        guard let path = try? RequestPath(request.target), let name = UserFolders.name(in: path),
            let socket = folders.find(name).socket
        else { return FixedAnswer(.failure(.notFound, isHead: request.isHead)) }
        return PersonalHandler(source(name, socket).handler(for: request, at: place), socket)
    }

    private func source(_ name: String, _ socket: PersonalSocket) -> ProxySource {
        if let known = servers[name] {
            if known.socket === socket { return known.source }
            known.source.retire()
        } else if servers.count >= Self.maximumServers, let other = servers.keys.randomElement() {
            servers.removeValue(forKey: other)?.source.retire()
        }
        let source = ProxySource(socket.upstreams, loop: loop)
        servers[name] = (socket, source)
        return source
    }

    func retire() {
        for server in servers.values { server.source.retire() }
        servers = [:]
    }
}

/// Passes a request on, and keeps the socket open meanwhile: its number must not come to mean another one.
private final class PersonalHandler: RequestHandler {
    private let handler: any RequestHandler
    private let socket: PersonalSocket

    init(_ handler: any RequestHandler, _ socket: PersonalSocket) { (self.handler, self.socket) = (handler, socket) }

    func begin(_ stream: any ResponseStream) { handler.begin(stream) }
    func receive(_ bytes: ByteBuffer) { handler.receive(bytes) }
    func receiveEnd() { handler.receiveEnd() }
    func writabilityChanged() { handler.writabilityChanged() }
    func cancel() { handler.cancel() }
}
