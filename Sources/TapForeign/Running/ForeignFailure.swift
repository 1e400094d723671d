import TapProcess

/// Why a foreign service is none any more, or never was.
enum ForeignFailure: Error, Equatable, CustomStringConvertible {
    case notStarted(program: String, ChildStartFailure)
    case exited(program: String, status: Int32)
    case killed(program: String, signal: Int32)
    /// It ended before it said that it serves.
    case endedEarly(program: String)
    case notReady(program: String, limit: String)
    case brokeProtocol(program: String, problem: String)
    case refused(String)
    case notAnswering(program: String)

    var description: String {
        switch self {
        case .notStarted(let program, let failure): "\(failure.error(of: program))"
        case .exited(let program, let status): "the program \(program) ended with the status \(status)"
        case .killed(let program, let signal): "the program \(program) was ended by the signal \(signal)"
        case .endedEarly(let program): "the program \(program) ended before it was ready"
        case .notReady(let program, let limit): "the program \(program) was not ready within \(limit)"
        case .brokeProtocol(let program, let problem): "the program \(program) said what is no message: \(problem)"
        case .refused(let reason): "the program does not take these settings: \(reason)"
        case .notAnswering(let program): "the program \(program) ended before it answered"
        }
    }
}
