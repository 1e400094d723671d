import Logging
import TapSecrets

/// What a place asks of requests before it answers them.
///
/// Shared by all event loops, and by the places inside of the one that says it.
final class AccessRules: Sendable {
    let rate: RateLimit?
    let crossOrigin: CrossOrigin?
    let authentication: Authentication?

    /// Nil when nothing is asked.
    init?(_ marks: AccessMarks) {
        guard marks.rate != nil || marks.crossOrigin != nil || marks.authentication != nil else { return nil }
        (rate, crossOrigin, authentication) = (marks.rate, marks.crossOrigin, marks.authentication)
    }
}

/// What places hand on of it to those that lie in them.
struct AccessMarks {
    private(set) var rate: RateLimit?
    private(set) var crossOrigin: CrossOrigin?
    private(set) var authentication: Authentication?

    /// The same but for what an inner place says.
    ///
    /// Throws ``TapSecrets/PasswordFileError``.
    func changed(by place: any WebPlace, _ logger: Logger) throws(PasswordFileError) -> AccessMarks {
        var marks = self
        if let settings = place.rate { marks.rate = RateLimit(settings) }
        if let settings = place.cors { marks.crossOrigin = CrossOrigin(settings) }
        if let settings = place.authenticate {
            marks.authentication = settings.required ? try Authentication(settings, logger: logger) : nil
        }
        return marks
    }
}
