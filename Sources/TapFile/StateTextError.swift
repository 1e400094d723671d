import Glibc
package import Taproom

/// A state text that can't be read, or says what can't be.
package enum StateTextError: ReportableError, Equatable {
    /// The error number (errno) of the call that failed.
    case unreadable(file: String, code: CInt)
    /// A file of another sort.
    case notAStateText(file: String)
    case newerFormat(file: String, format: Int, known: Int)
    /// Lines count from 1.
    case wrongLine(file: String, line: Int, StateLineProblem)
    /// It ends behind this line, without its last one.
    case cutOff(file: String, line: Int)

    package var description: String {
        switch self {
        case .unreadable(let file, ENOENT): "\(file): there is no such state text"
        case .unreadable(let file, EISDIR): "\(file): is a folder, not a state text"
        case .unreadable(let file, let code):
            "\(file): cannot be read: \(SystemCallError("read", code: code).reason)"
        case .notAStateText(let file): "\(file): is not a state text: it does not begin with \(StateText.firstLine)"
        case .newerFormat(let file, let format, let known):
            "\(file):1: was written in format \(format), and this program knows format \(known)"
        case .wrongLine(let file, let line, let problem):
            "\(file):\(line):\(problem.column.map { "\($0):" } ?? "") \(problem.problem)"
        case .cutOff(let file, let line): "\(file):\(line): the text is cut off after this line"
        }
    }

    package var advice: String? {
        switch self {
        case .unreadable: nil
        case .notAStateText: "tapctl export --state writes one."
        case .newerFormat: "Use the program that wrote it, or a newer one."
        case .wrongLine(_, _, let problem): problem.advice
        case .cutOff: "Export the state again."
        }
    }

    package var exitStatus: ExitStatus {
        switch self {
        case .unreadable(_, ENOENT): .noInput
        case .unreadable(_, EACCES): .notPermitted
        case .unreadable(_, EISDIR), .notAStateText, .newerFormat, .wrongLine, .cutOff: .badData
        case .unreadable: .inputOutput
        }
    }
}
