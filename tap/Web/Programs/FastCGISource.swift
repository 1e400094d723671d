import Logging
import NIOCore
import Taproom

/// What all event loops of a route with a server of programs share.
final class FastCGIPrograms: HandlerOrigin {
    private let settings: FastCGISettings
    private let scripts: FastCGIScripts
    private let logger: Logger

    /// Looks whether there is what the settings name.
    ///
    /// Throws ``ProgramFolderError``.
    init(_ settings: FastCGISettings, logger: Logger) throws(ProgramFolderError) {
        (self.settings, self.logger) = (settings, logger)
        scripts = try FastCGIScripts(settings)
    }

    var bodyLimit: Int64 { settings.body.bytes }

    func source(on loop: any EventLoop) -> any HandlerSource {
        FastCGISource(settings, scripts, loop: loop, logger: logger)
    }
}

/// Answers requests with a server of programs (FastCGI 1.0, as a responder).
final class FastCGISource: HandlerSource {
    private let settings: FastCGISettings
    private let scripts: FastCGIScripts
    private let servers: FastCGIServers
    private let loop: any EventLoop
    private let logger: Logger

    /// - Parameters:
    ///   - settings: valid settings.
    ///   - scripts: what was made from the same settings.
    ///   - loop: where it is used.
    ///   - logger: of the service.
    init(_ settings: FastCGISettings, _ scripts: FastCGIScripts, loop: any EventLoop, logger: Logger) {
        (self.settings, self.scripts, self.loop, self.logger) = (settings, scripts, loop, logger)
        servers = FastCGIServers(settings, loop: loop, logger: logger)
    }

    func handler(for request: Request, at place: MatchedPath) -> any RequestHandler {
        FastCGIExchange(request, place, settings, scripts, servers, loop: loop, logger: logger)
    }

    func retire() { servers.retire() }
}
