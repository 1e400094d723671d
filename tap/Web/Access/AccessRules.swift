import Logging

/// What a place asks of requests before it answers them.
///
/// Shared by all event loops, and by the places inside of the one that says it.
final class AccessRules: Sendable {
    let authentication: Authentication?

    /// Nil when nothing is asked.
    init?(_ marks: AccessMarks) {
        guard marks.authentication != nil else { return nil }
        authentication = marks.authentication
    }
}

/// What places hand on of it to those that lie in them.
struct AccessMarks {
    private(set) var authentication: Authentication?

    /// The same but for what an inner place says.
    ///
    /// Throws ``PasswordFileError``.
    func changed(by place: any WebPlace, _ logger: Logger) throws(PasswordFileError) -> AccessMarks {
        var marks = self
        if let settings = place.authenticate {
            marks.authentication = settings.required ? try Authentication(settings, logger: logger) : nil
        }
        return marks
    }
}
