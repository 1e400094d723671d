import Synchronization
import Taproom

/// An application that does nothing but answer what it was asked.
final class FakeShell: ApplicationShell {
    /// What was asked, by whom.
    struct Question: Equatable {
        var words: [String]
        var person: ShellPerson
    }

    private let state = Mutex<[Question]>([])

    var questions: [Question] { state.withLock { $0 } }
    var applicationName: String { get async { "fake" } }
    var verbs: [ShellVerb] { [ShellVerb("say", "Say it again."), ShellVerb("follow", "Go on for ever.")] }

    func perform(
        _ words: [String], for person: ShellPerson, print: @escaping @Sendable (String) -> Bool
    ) async -> ExitStatus {
        state.withLock { $0.append(Question(words: words, person: person)) }
        await inThread { _ = print(words.dropFirst().joined(separator: "|") + "\n") }
        guard words.first == "follow" else { return .done }
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        await withTaskCancellationHandler {
            for await _ in ends {}
        } onCancel: {
            end.finish()
        }
        await inThread { _ = print("interrupted\n") }
        return .done
    }

    func completions(of words: [String]) async -> [String] {
        verbs.map(\.word).filter { $0.hasPrefix(words.last ?? "") }
    }
}
