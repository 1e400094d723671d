import CYAML
import TapData

/// What libyaml has to say about a text it can't read.
enum YAMLProblem {
    static func error(of parser: yaml_parser_t, in source: YAMLSource) -> SyntaxError {
        let problem = parser.problem.map { String(cString: $0) } ?? "the text can't be read"
        // A character that may not stand in YAML at all is only told by its offset.
        if parser.error == YAML_READER_ERROR {
            return SyntaxError(problem, at: source.position(offset: Int(parser.problem_offset)))
        }
        let mark = parser.problem_mark
        return SyntaxError(problem, at: Position(line: Int(mark.line) + 1, column: Int(mark.column) + 1))
    }
}
