import NIOHTTP1

/// What a program did wrong, for the log.
///
/// The client learns only the status.
enum ProgramProblem: Error, Equatable, CustomStringConvertible {
    case headTooLong
    case malformedLine
    case malformedField(String)
    case repeatedField(String)
    case noField
    case noHead
    case tooMuchBody
    case tooLittleBody
    case brokenRecord(String)
    case refused(String)
    case busy(String)
    case connectionLost

    /// What the client is told when it was told nothing before.
    var status: HTTPResponseStatus {
        if case .busy = self { return .serviceUnavailable }
        return .badGateway
    }

    var description: String {
        switch self {
        case .headTooLong: "its header is longer than \(ProgramHeadReader.maximumBytes) bytes"
        case .malformedLine: "a line of its header is no field"
        case .malformedField(let name): "its field \(name) has a value that is not allowed"
        case .repeatedField(let name): "it says \(name) twice"
        case .noField: "its header has neither Content-Type nor Location nor Status"
        case .noHead: "it ended before its header did"
        case .tooMuchBody: "its body is longer than its Content-Length"
        case .tooLittleBody: "its body is shorter than its Content-Length"
        case .brokenRecord(let what): "it does not speak FastCGI: \(what)"
        case .refused(let what): "it refuses the request: \(what)"
        case .busy(let what): "it takes no more requests: \(what)"
        case .connectionLost: "the connection to it was lost"
        }
    }
}
