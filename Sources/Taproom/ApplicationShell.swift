/// The door from a service to the application it runs in: tapctl's verbs, as words and texts.
///
/// For kinds through which people look after an application. What carries the tools gives one to the runner, and the
/// runner to every service; the kind knows people and lines, and nothing of what the words mean.
package protocol ApplicationShell: Sendable {
    /// What the application is called.
    var applicationName: String { get async }

    /// The words that a line can begin with.
    var verbs: [ShellVerb] { get }

    /// Does what a line asks, and returns when it is done.
    ///
    /// Does not wait in a thread of the caller. When its task is cancelled, what goes on for ever ends; everything else is
    /// carried to its end.
    ///
    /// - Parameters:
    ///   - words: the verb and its arguments.
    ///   - person: who asks.
    ///   - print: takes what is answered, piece by piece, and answers whether anybody reads it; it may wait in its thread.
    /// - Returns: how a program that does the same would end.
    func perform(
        _ words: [String], for person: ShellPerson, print: @escaping @Sendable (String) -> Bool
    ) async -> ExitStatus

    /// What can stand for the last of some words, which is not complete: verbs, or names of services.
    func completions(of words: [String]) async -> [String]
}

/// Somebody who asks an application through one of its services.
package struct ShellPerson: Sendable, Equatable {
    /// The author of what they change.
    package var name: String
    /// Through what they ask: the word of the kind.
    package var origin: String
    /// Whether they may change the application, and not only look.
    package var mayChange: Bool

    /// Names somebody.
    package init(name: String, origin: String, mayChange: Bool) {
        (self.name, self.origin, self.mayChange) = (name, origin, mayChange)
    }
}

/// A word that a line can begin with.
package struct ShellVerb: Sendable, Equatable {
    package var word: String
    /// What it does, in a sentence.
    package var summary: String

    /// A word and what it does.
    package init(_ word: String, _ summary: String) { (self.word, self.summary) = (word, summary) }
}
