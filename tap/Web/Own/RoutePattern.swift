/// The paths of a route: `/hello/{name}`, `/files/{path...}`.
///
/// A path is compared name by name, after it was decoded and resolved; a slash at its end makes no difference.
struct RoutePattern: Sendable {
    /// What stands for one name of a path.
    enum Segment: Sendable, Equatable {
        /// This name.
        case name([UInt8])
        /// Any name, which the handler is given under a word.
        case parameter(String)
        /// All names that are left, none as well; only at the end.
        case rest(String)

        /// What counts first when several patterns fit.
        var rank: Int {
            switch self {
            case .name: 0
            case .parameter: 1
            case .rest: 2
            }
        }
    }

    /// The pattern as it was written.
    let text: String
    let segments: [Segment]
    /// What is wrong with it; nil: nothing.
    let problem: String?

    init(_ text: String) {
        self.text = text
        let parts = text.dropFirst().split(separator: "/", omittingEmptySubsequences: true)
        segments = parts.map(RoutePattern.segment)
        problem = RoutePattern.problem(text, segments)
    }

    private static func segment(_ part: Substring) -> Segment {
        guard part.hasPrefix("{"), part.hasSuffix("}") else { return .name(Array(part.utf8)) }
        let word = part.dropFirst().dropLast()
        return word.hasSuffix("...") ? .rest(String(word.dropLast(3))) : .parameter(String(word))
    }

    private static func problem(_ text: String, _ segments: [Segment]) -> String? {
        guard text.hasPrefix("/") else { return "must begin with /" }
        var words: Set<String> = []
        for (index, segment) in segments.enumerated() {
            switch segment {
            case .name(let name):
                if name.contains(where: { "{}?#%".utf8.contains($0) }) || [[0x2E], [0x2E, 0x2E]].contains(name) {
                    return "must consist of names as they are read, and of words in braces: /hello/{name}"
                }
            case .parameter(let word), .rest(let word):
                if word.isEmpty || word.contains(where: { "{}.".contains($0) }) { return "has braces without a word" }
                if !words.insert(word).inserted { return "has the word {\(word)} twice" }
                if case .rest = segment, index + 1 < segments.count { return "goes on behind {\(word)...}" }
            }
        }
        return nil
    }

    /// Whether a path fits.
    func fits(_ names: [[UInt8]]) -> Bool {
        for (index, segment) in segments.enumerated() {
            switch segment {
            case .name(let name): guard index < names.count, names[index] == name else { return false }
            case .parameter: guard index < names.count else { return false }
            case .rest: return true
            }
        }
        return names.count == segments.count
    }

    /// What the words stand for in a path that fits; nil when a name is not UTF-8.
    func parameters(_ names: [[UInt8]]) -> [String: String]? {
        var parameters: [String: String] = [:]
        for (index, segment) in segments.enumerated() {
            let bytes: (word: String, value: [UInt8])
            switch segment {
            case .name: continue
            case .parameter(let word): bytes = (word, names[index])
            case .rest(let word): bytes = (word, Array(names[index...].joined(separator: [UInt8(ascii: "/")])))
            }
            guard let value = String(validating: bytes.value, as: UTF8.self) else { return nil }
            parameters[bytes.word] = value
        }
        return parameters
    }

    /// Whether this counts before another pattern where both fit: names come before words, from the left to the right.
    func comesBefore(_ other: RoutePattern) -> Bool {
        for (mine, theirs) in zip(segments, other.segments) where mine.rank != theirs.rank {
            return mine.rank < theirs.rank
        }
        return segments.count > other.segments.count
    }

    /// The pattern without its words: two with the same shape fit the same paths.
    var shape: String {
        "/"
            + segments.map { segment in
                switch segment {
                case .name(let name): String(decoding: name, as: UTF8.self)
                case .parameter: "{}"
                case .rest: "{...}"
                }
            }.joined(separator: "/")
    }
}
