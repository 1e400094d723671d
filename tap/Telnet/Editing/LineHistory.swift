/// The lines that were typed in a session, for the arrow keys.
struct LineHistory: Equatable, Sendable {
    /// How many lines are kept.
    static let maximumCount = 200

    private var lines: [String] = []
    /// Which line is shown; as many as there are: the one that is being typed.
    private var place = 0
    /// What was being typed when the first earlier line was shown.
    private var draft = ""

    /// Keeps a line; an empty one, and the same again, are not worth it.
    mutating func add(_ line: String) {
        if !line.isEmpty, line != lines.last { lines.append(line) }
        if lines.count > LineHistory.maximumCount { lines.removeFirst() }
        place = lines.count
        draft = ""
    }

    /// The line before the one that is shown; nil: there is none.
    mutating func earlier(than shown: String) -> String? {
        guard place > 0 else { return nil }
        if place == lines.count { draft = shown }
        place -= 1
        return lines[place]
    }

    /// The line behind the one that is shown, at last what was being typed; nil: there is none.
    mutating func later() -> String? {
        guard place < lines.count else { return nil }
        place += 1
        return place == lines.count ? draft : lines[place]
    }
}
