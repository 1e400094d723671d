import CYAML
import TapData

/// What libyaml has to say about a text it can't read, said where the mistake most likely is.
///
/// The parser notices many mistakes only later: a key without its colon when the next key comes, a quote that is not closed
/// at the end of the text. It tells where what it was reading began; with a look at the lines between, that is mostly enough.
struct YAMLProblem {
    private let source: YAMLSource
    private let problem: String
    private let noticed: Position
    /// Where what was being read began.
    private let began: Position?

    static func error(of parser: yaml_parser_t, in source: YAMLSource) -> SyntaxError {
        let problem = parser.problem.map { String(cString: $0) } ?? "the text can't be read"
        // A character that may not stand in YAML at all is only told by its offset.
        if parser.error == YAML_READER_ERROR {
            return SyntaxError(problem, at: source.position(offset: Int(parser.problem_offset)))
        }
        return YAMLProblem(parser, problem, source).error
    }

    private init(_ parser: yaml_parser_t, _ problem: String, _ source: YAMLSource) {
        (self.source, self.problem) = (source, problem)
        noticed = Position(parser.problem_mark)
        began = parser.context == nil ? nil : Position(parser.context_mark)
    }

    private var error: SyntaxError {
        switch problem {
        case "could not find expected ':'":
            return SyntaxError("a colon and a space are expected after the key that begins here", at: began ?? noticed)
        case "found unexpected end of stream":
            return SyntaxError("the quotes that are opened here are not closed", at: began ?? noticed)
        case "found unexpected document indicator":
            return SyntaxError(
                "the quotes that are opened here are not closed before the document ends", at: began ?? noticed)
        case "mapping values are not allowed in this context": return unexpectedColon
        case "did not find expected ',' or ']'", "did not find expected ',' or '}'": return unclosed
        case "did not find expected key", "did not find expected '-' indicator":
            return misplaced
        case "did not find expected <document start>":
            return SyntaxError("this is indented less than the first line; begin both in the same column", at: noticed)
        case "found character that cannot start any token":
            return source.isTab(noticed)
                ? SyntaxError("a tab can't indent; use spaces", at: noticed)
                : SyntaxError("text that begins with this character is written in quotes", at: noticed)
        case "found a tab character that violates indentation",
            "found a tab character where an indentation space is expected":
            return SyntaxError("a tab can't indent; use spaces", at: noticed)
        case "found unknown escape character":
            return SyntaxError("this is no escape of YAML; in double quotes a backslash is written \\\\", at: noticed)
        default: return SyntaxError(problem, at: noticed)
        }
    }

    /// A colon where none may stand: the line above has none where it should, or this line is indented too much.
    private var unexpectedColon: SyntaxError {
        let line = noticed.line
        guard let above = source.fullLine(before: line) else {
            return SyntaxError("a second colon with a space behind it; put the text into quotes", at: noticed)
        }
        let (own, upper) = (source.indentation(line), source.indentation(above))
        let isItem = source.isItem(above)
        let isBehindItem = isItem && own == upper + 2
        if !source.hasKey(above), !isItem || isBehindItem, source.textBegins(before: noticed) {
            var first = above
            while let higher = source.fullLine(before: first), !source.hasKey(higher),
                source.indentation(higher) >= source.indentation(first)
            {
                first = higher
            }
            return SyntaxError(
                "a colon and a space are expected after the key",
                at: Position(line: first, column: source.indentation(first) + 1))
        }
        let below = source.fullLine(after: line)
        let isSibling = below.map { source.indentation($0) == own } ?? false
        if own > upper, !isBehindItem, isSibling, !source.opens(line), source.textBegins(before: noticed) {
            return hasValue(above)
        }
        if source.isItem(line), own >= upper, source.hasKey(above), !source.opens(above) { return hasValue(above) }
        return SyntaxError(
            "a colon has no place here: is the line indented too much, or a text with a colon not in quotes?",
            at: noticed)
    }

    private func hasValue(_ line: Int) -> SyntaxError {
        SyntaxError(
            "this has a value already; the lines below it can't be its value too",
            at: Position(line: line, column: source.indentation(line) + 1))
    }

    /// A line that does not go on with what is above it.
    private var misplaced: SyntaxError {
        if source.isItem(noticed.line), source.isFirst(noticed) {
            if let first = dashlessItem {
                return SyntaxError(
                    "a list is expected here: a dash and a space before its first item",
                    at: Position(line: first, column: source.indentation(first) + 1))
            }
        }
        if source.isFirst(noticed), let above = source.fullLine(before: noticed.line), source.hasKey(above),
            !source.opens(above), !source.isItem(above), isValue(of: above)
        {
            return hasValue(above)
        }
        return SyntaxError(
            "this fits neither what stands above it nor its indentation; compare it with the lines around it",
            at: noticed)
    }

    /// Whether the line with the mistake looks like the beginning of the value of a line above it.
    private func isValue(of above: Int) -> Bool {
        let (own, upper) = (source.indentation(noticed.line), source.indentation(above))
        if source.isItem(noticed.line) { return own >= upper }
        guard own > upper else { return false }
        return !source.hasKey(noticed.line)
            || source.fullLine(after: noticed.line).map { source.indentation($0) == own } ?? false
    }

    /// The line in which the list that an item belongs to should have begun, directly below its key.
    private var dashlessItem: Int? {
        var first = noticed.line
        while let above = source.fullLine(before: first), source.indentation(above) > source.indentation(noticed.line) {
            first = above
        }
        guard first < noticed.line, !source.isItem(first), let key = source.fullLine(before: first),
            source.opens(key), !source.isItem(key)
        else { return nil }
        return first
    }

    /// A bracket that is not closed, or a comma that is missing.
    private var unclosed: SyntaxError {
        let bracket = problem.hasSuffix("']'") ? "]" : "}"
        guard let began, began.line < noticed.line else {
            return SyntaxError("a comma or \(bracket) is expected", at: noticed)
        }
        let rest = source.line(began.line).dropFirst(source.byteColumn(began)).drop { $0 == UInt8(ascii: " ") }
        let isTall = rest.isEmpty || rest.first == UInt8(ascii: "#") || rest.first == UInt8(ascii: "\r")
        if !isTall || noticed.line > source.lastFullLine {
            return SyntaxError(
                "the bracket that is opened here is not closed: a comma or \(bracket) is expected", at: began)
        }
        guard source.isFirst(noticed), let above = source.fullLine(before: noticed.line) else {
            return SyntaxError("a comma or \(bracket) is expected", at: noticed)
        }
        return SyntaxError(
            "a comma or \(bracket) is expected at the end of the line",
            at: Position(line: above, column: source.line(above).count))
    }
}

extension Position {
    fileprivate init(_ mark: yaml_mark_t) { self.init(line: Int(mark.line) + 1, column: Int(mark.column) + 1) }
}
