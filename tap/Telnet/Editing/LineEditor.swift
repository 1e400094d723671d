/// Reads one line after the other from keys, and says what the terminal has to be sent for each key.
struct LineEditor: Equatable, Sendable {
    /// What a key comes to, beside what is shown.
    enum Outcome: Equatable, Sendable {
        case none
        case line(String)
        /// Ctrl-C: the line counts no more.
        case interrupted
        /// Ctrl-D on an empty line.
        case ended
        /// Tab behind a text.
        case completion(String)
    }

    /// How a line is shown while it is typed.
    enum Echo: Equatable, Sendable {
        /// By us, with all editing.
        case ours
        /// By us, and not at all: a password.
        case hidden
        /// By the client, which edits the line too.
        case theirs
    }

    private(set) var prompt: String
    private(set) var line = EditedLine()
    private var history = LineHistory()
    private var columns = 80
    /// The first character that is shown of a line that does not fit.
    private var windowStart = 0

    init(prompt: String) { self.prompt = prompt }

    /// Begins a line anew, under a prompt, and answers what shows it.
    mutating func begin(_ prompt: String? = nil, limit: Int = EditedLine.maximumLength) -> String {
        if let prompt { self.prompt = prompt }
        line = EditedLine(limit: limit)
        windowStart = 0
        return self.prompt
    }

    /// Is told how wide the terminal is; one that does not say is taken for the usual one.
    mutating func setColumns(_ columns: Int) { self.columns = columns == 0 ? 80 : min(max(columns, 20), 1000) }

    /// Keeps a line for the arrow keys.
    mutating func remember(_ line: String) { history.add(line) }

    /// Puts a text behind the line, as if it was typed.
    mutating func append(_ text: String) -> String {
        for scalar in text.unicodeScalars { _ = line.insert(scalar) }
        return redrawn()
    }

    /// Takes a key.
    mutating func press(_ key: Key, _ echo: Echo) -> (outcome: Outcome, output: String) {
        let (outcome, output) = pressed(key, echo)
        switch (echo, outcome) {
        case (.ours, _): return (outcome, output)
        // That the line is at its end is seen.
        case (.hidden, .line), (.hidden, .interrupted), (.hidden, .ended): return (outcome, "\n")
        case (.hidden, _), (.theirs, _): return (outcome, "")
        }
    }

    private mutating func pressed(_ key: Key, _ echo: Echo) -> (Outcome, String) {
        switch key {
        case .character(let scalar): return (.none, insert(scalar, isShown: echo == .ours))
        case .enter: return (.line(line.text), "\n")
        case .interrupt: return (.interrupted, "^C\n")
        case .endOfInput where line.characters.isEmpty: return (.ended, "\n")
        case .tab: return echo == .ours && line.isAtEnd ? (.completion(line.text), "") : (.none, "")
        case .up where echo == .ours: return (.none, show(history.earlier(than: line.text)))
        case .down where echo == .ours: return (.none, show(history.later()))
        case .clear: return (.none, "\u{1B}[H\u{1B}[2J" + redrawn())
        default: return (.none, edit(key))
        }
    }

    private mutating func insert(_ scalar: Unicode.Scalar, isShown: Bool) -> String {
        let count = line.characters.count
        guard line.insert(scalar) else { return "\u{7}" }
        guard isShown else { return "" }
        let isPlain = line.isAtEnd && windowStart == 0 && line.characters.count == count + 1
        guard isPlain, DisplayWidth.of(prompt) + DisplayWidth.of(line.characters) < columns else { return redrawn() }
        return String(scalar)
    }

    private mutating func edit(_ key: Key) -> String {
        let removed = line.isAtEnd ? line.characters.last : nil
        guard line.press(key) else { return key == .backspace ? "\u{7}" : "" }
        // Terminals that understand nothing else understand this.
        if key == .backspace, windowStart == 0, let removed, DisplayWidth.of(removed) == 1 { return "\u{8} \u{8}" }
        return redrawn()
    }

    private mutating func show(_ text: String?) -> String {
        guard let text else { return "\u{7}" }
        line = EditedLine(text)
        return redrawn()
    }

    /// The line with its prompt, over what was shown, with the cursor where it is.
    mutating func redrawn() -> String {
        let room = max(columns - DisplayWidth.of(prompt) - 1, 8)
        let characters = line.characters
        windowStart = min(windowStart, line.cursor)
        while DisplayWidth.of(characters[windowStart..<line.cursor]) > room { windowStart += 1 }
        var end = windowStart
        var width = 0
        while end < characters.count, width + DisplayWidth.of(characters[end]) <= room {
            width += DisplayWidth.of(characters[end])
            end += 1
        }
        let place = DisplayWidth.of(prompt) + DisplayWidth.of(characters[windowStart..<line.cursor])
        return "\r\(prompt)\(String(characters[windowStart..<end]))\u{1B}[K\r" + (place > 0 ? "\u{1B}[\(place)C" : "")
    }
}
