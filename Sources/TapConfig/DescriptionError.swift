import TapData
package import Taproom

/// Everything that is wrong with a description, each with its place.
package struct DescriptionError: ReportableError, Equatable {
    package struct Problem: Sendable, Equatable {
        /// Line and column from 1.
        package var line: Int
        package var column: Int
        /// Where in the tree, as in `services[0].listen`; empty for the whole text.
        package var path: String
        /// What is wrong, as a sentence without its full stop.
        package var text: String
        /// The description that the file extends, when it is wrong there; nil: in the file.
        package var file: String? = nil
    }

    /// The name of the file, or of what else was read.
    package var file: String
    /// In the order of their places; never empty.
    package var problems: [Problem]

    package var exitStatus: ExitStatus { .badData }

    package var description: String { problems.map(sentence).joined(separator: "\n") }

    /// One of the problems, with its place.
    package func sentence(_ problem: Problem) -> String {
        let place = "\(problem.file ?? file):\(problem.line):\(problem.column): "
        return place + (problem.path.isEmpty ? "" : problem.path + " ") + problem.text
    }
}
