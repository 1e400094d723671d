/// One person's talk with the application: logging in, lines, and what is answered.
///
/// It decides and does nothing: what comes from outside is told to it, and it answers what is to be done.
struct TelnetSession: Equatable, Sendable {
    /// What is to be done.
    enum Action: Equatable, Sendable {
        /// Show something of ours, with what moves the cursor.
        case show(String)
        /// Find out whether a name and a password are somebody's; ``TelnetSession/checked(_:)`` tells.
        case check(name: String, password: String)
        /// Do what a line asks; ``TelnetSession/performed(isAdmitted:)`` tells that it is done.
        case perform([String])
        /// End what goes on for ever.
        case interrupt
        /// Find out what can stand for the last word; ``TelnetSession/completed(_:)`` tells.
        case complete([String])
        case close
    }

    /// What a check finds out.
    enum Verdict: Equatable, Sendable {
        case admitted(greeting: String, prompt: String)
        case refused
    }

    /// Why a session is ended that could go on.
    enum Ending: Equatable, Sendable {
        case loginTimeout, idleTimeout, serviceEnds

        var text: String {
            switch self {
            case .loginTimeout: "Logging in took too long."
            case .idleTimeout: "This session ends: nothing was typed for long."
            case .serviceEnds: "This session ends: the service stops, or begins anew. Connect again."
            }
        }
    }

    private enum Phase: Equatable {
        case name
        case password(name: String)
        case checking
        case line
        case performing
        case completing(String)
        case closed
    }

    /// How much may be typed ahead, in keys.
    static let maximumTypedAhead = 4096
    /// The longest line of somebody who is not known, in characters: a name, or a password.
    private static let maximumSecret = 1024
    private static let maximumName = 128

    /// Whether what is typed is shown by us, and not by the client.
    var isEchoOurs = false
    private let verbs: [ShellWord]
    private let tries: Int
    private var phase = Phase.name
    private var editor = LineEditor(prompt: "login: ")
    private var failures = 0
    private var typedAhead: [Key] = []
    /// Whether the session ends when what is under way is done.
    private var ending: Ending?
    /// Whether nothing more will be typed.
    private var isInputOver = false

    /// A session of somebody who is not known yet.
    ///
    /// - Parameters:
    ///   - verbs: the verbs of the application, with a sentence each.
    ///   - tries: how many passwords may be wrong before the connection is closed.
    init(verbs: [ShellWord], tries: Int) { (self.verbs, self.tries) = (verbs, tries) }

    /// Whether somebody is logged in.
    var isLoggedIn: Bool {
        switch phase {
        case .line, .performing, .completing: true
        case .name, .password, .checking, .closed: false
        }
    }

    /// Whether it waits for somebody to type.
    var isWaiting: Bool {
        switch phase {
        case .name, .password, .line: true
        case .checking, .performing, .completing, .closed: false
        }
    }

    /// Whether it ends as soon as what is under way is done.
    var isEnding: Bool { ending != nil }

    /// Begins.
    mutating func begin() -> [Action] { [.show(askForName())] }

    private mutating func askForName() -> String { editor.begin("login: ", limit: TelnetSession.maximumName) }

    /// Is told how wide the terminal is.
    mutating func setColumns(_ columns: Int) { editor.setColumns(columns) }

    /// Takes a key.
    mutating func press(_ key: Key) -> [Action] {
        guard phase != .closed else { return [] }
        guard isWaiting else { return typeAhead(key) }
        let (outcome, output) = editor.press(key, echo)
        let shown: [Action] = output.isEmpty ? [] : [.show(output)]
        switch outcome {
        case .none: return shown
        case .line(let text): return shown + take(text)
        case .interrupted: return shown + (isLoggedIn ? [.show(editor.begin())] : close())
        case .ended: return shown + close()
        case .completion(let text): return shown + complete(text)
        }
    }

    private var echo: LineEditor.Echo {
        guard isEchoOurs else { return .theirs }
        if case .password = phase { return .hidden }
        return .ours
    }

    private mutating func typeAhead(_ key: Key) -> [Action] {
        if key == .interrupt {
            typedAhead = []
            return phase == .performing ? [.interrupt] : []
        }
        guard typedAhead.count < TelnetSession.maximumTypedAhead else { return [.show("\u{7}")] }
        typedAhead.append(key)
        return []
    }

    /// Goes on with what was typed ahead.
    private mutating func resume() -> [Action] {
        if let ending { return close(ending) }
        var actions: [Action] = []
        while isWaiting, !typedAhead.isEmpty { actions += press(typedAhead.removeFirst()) }
        return isWaiting && isInputOver ? actions + close() : actions
    }

    /// Is told that nothing more will be typed: it ends when all that was is answered.
    mutating func endInput() -> [Action] {
        isInputOver = true
        return isWaiting ? close() : []
    }

    private mutating func take(_ text: String) -> [Action] {
        switch phase {
        case .name:
            guard !text.isEmpty else { return begin() }
            phase = .password(name: text)
            return [.show(editor.begin("password: ", limit: TelnetSession.maximumSecret))]
        case .password(let name):
            phase = .checking
            _ = editor.begin("")
            return [.check(name: name, password: text)]
        default: return perform(text)
        }
    }

    /// Is told what came of a check.
    mutating func checked(_ verdict: Verdict) -> [Action] {
        guard phase == .checking else { return [] }
        switch verdict {
        case .admitted(let greeting, let prompt):
            phase = .line
            return [.show(greeting + "\n" + editor.begin(prompt))] + resume()
        case .refused:
            failures += 1
            // What was typed ahead was meant for somebody who is let in.
            typedAhead = []
            guard failures < tries else { return [.show("Login incorrect.\n")] + close() }
            phase = .name
            return [.show("Login incorrect.\n" + askForName())] + resume()
        }
    }

    private mutating func perform(_ text: String) -> [Action] {
        editor.remember(text)
        let words: [String]
        do throws(LineWords.OpenQuote) {
            words = try LineWords.split(text)
        } catch {
            return [.show("The quote \(error.quote) has no end.\n" + editor.begin())]
        }
        switch (words.first, words.count) {
        case (nil, _): return [.show(editor.begin())]
        case ("quit", 1), ("exit", 1): return [.show("Goodbye.\n")] + close()
        case ("help", 1): return [.show(help + editor.begin())]
        case ("help", 2) where own.contains { $0.word == words[1] }:
            let text = own.first { $0.word == words[1] }?.summary ?? ""
            return [.show(text + "\n" + editor.begin())]
        default:
            phase = .performing
            return [.perform(words)]
        }
    }

    /// The words that the session understands itself.
    private var own: [ShellWord] {
        [
            ShellWord("help", "List the verbs, or say how one is used: help set."),
            ShellWord("quit", "End the session; exit and Ctrl-D do, too."),
        ]
    }

    private var help: String {
        let all = verbs + own
        let width = all.map(\.word.count).max() ?? 0
        return all.map { "  \($0.word)\(String(repeating: " ", count: width - $0.word.count))  \($0.summary)\n" }
            .joined()
    }

    /// Is told that what a line asked is done, and whether the person may still be here.
    mutating func performed(isAdmitted: Bool) -> [Action] {
        guard phase == .performing else { return [] }
        guard isAdmitted else { return [.show("This session ends: your account has changed.\n")] + close() }
        phase = .line
        guard ending == nil else { return resume() }
        return [.show(editor.begin())] + resume()
    }

    private mutating func complete(_ text: String) -> [Action] {
        guard phase == .line, var words = try? LineWords.split(text) else { return [] }
        if words.isEmpty || text.hasSuffix(" ") { words.append("") }
        phase = .completing(words[words.count - 1])
        return [.complete(words)]
    }

    /// Is told what can stand for the last word, and whether it is followed by another.
    mutating func completed(_ candidates: [String], isFollowed: Bool) -> [Action] {
        guard case .completing(let word) = phase else { return [] }
        phase = .line
        var actions: [Action] = []
        let common = candidates.dropFirst().reduce(candidates.first ?? "") { $0.commonPrefix(with: $1) }
        if common.count > word.count {
            let end = candidates.count == 1 && isFollowed ? " " : ""
            actions = [.show(editor.append(common.dropFirst(word.count) + end))]
        } else if candidates.count == 1, isFollowed {
            actions = [.show(editor.append(" "))]
        } else if candidates.count > 1 {
            actions = [.show("\n" + candidates.joined(separator: "  ") + "\n" + editor.redrawn())]
        } else {
            actions = [.show("\u{7}")]
        }
        return actions + resume()
    }

    /// Ends the session: at once when it waits for somebody to type, else when what is under way is done.
    mutating func end(_ ending: Ending) -> [Action] {
        guard phase != .closed else { return [] }
        self.ending = ending
        switch phase {
        case .performing: return [.interrupt]
        case .completing: return []
        default: return close(ending)
        }
    }

    /// Ends the session whatever is under way.
    mutating func endNow(_ ending: Ending) -> [Action] { phase == .closed ? [] : close(ending) }

    private mutating func close(_ ending: Ending) -> [Action] { [.show("\n\(ending.text)\n")] + close() }

    private mutating func close() -> [Action] {
        phase = .closed
        typedAhead = []
        return [.close]
    }
}

/// A word that a line can begin with, and what it does.
struct ShellWord: Equatable, Sendable {
    var word: String
    var summary: String

    init(_ word: String, _ summary: String) { (self.word, self.summary) = (word, summary) }
}

extension String {
    fileprivate func commonPrefix(with other: String) -> String {
        String(zip(self, other).prefix { $0 == $1 }.map(\.0))
    }
}
