/// What a request has passed already on its way to whoever answers it, and as whom.
final class Passage: Sendable {
    private let rule: any AnyObject & Sendable
    private let before: Passage?
    /// The name of the user who asks; nil: nobody was asked for one.
    let user: String?

    init(_ rule: any AnyObject & Sendable, user: String? = nil, after before: Passage?) {
        (self.rule, self.before) = (rule, before)
        self.user = user ?? before?.user
    }

    /// Whether a rule was passed.
    func contains(_ rule: AnyObject) -> Bool { self.rule === rule || before?.contains(rule) == true }
}
