import Logging
import NIOCore
import Taproom

/// What all event loops of a route with programs share.
final class CGIPrograms: HandlerOrigin {
    let settings: CGISettings
    private let logger: Logger
    let scripts: CGIScripts
    let slots: ProgramSlots

    /// Looks whether there is what the settings name.
    ///
    /// Throws ``ProgramFolderError``.
    init(_ settings: CGISettings, logger: Logger) throws(ProgramFolderError) {
        (self.settings, self.logger) = (settings, logger)
        scripts = try CGIScripts(settings)
        slots = ProgramSlots(settings.programs)
    }

    var bodyLimit: Int64 { settings.body.bytes }

    func source(on loop: any EventLoop) -> any HandlerSource { CGISource(self, loop: loop, logger: logger) }
}

/// Answers requests with programs that are started for them (CGI/1.1, RFC 3875).
final class CGISource: HandlerSource {
    private let programs: CGIPrograms
    private let loop: any EventLoop
    private let logger: Logger

    init(_ programs: CGIPrograms, loop: any EventLoop, logger: Logger) {
        (self.programs, self.loop, self.logger) = (programs, loop, logger)
    }

    func handler(for request: Request, at place: MatchedPath) -> any RequestHandler {
        CGIExchange(request, place, programs, loop: loop, logger: logger)
    }

    /// Nothing is kept between requests; programs that run come to their end.
    func retire() {}
}
