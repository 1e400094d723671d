import Logging
import NIOCore

/// What all event loops of a route with programs share.
final class CGIPrograms: Sendable {
    let settings: CGISettings
    let scripts: CGIScripts
    let slots: ProgramSlots

    /// Looks whether there is what the settings name.
    ///
    /// Throws ``ProgramFolderError``.
    init(_ settings: CGISettings) throws(ProgramFolderError) {
        self.settings = settings
        scripts = try CGIScripts(settings)
        slots = ProgramSlots(settings.programs)
    }
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
