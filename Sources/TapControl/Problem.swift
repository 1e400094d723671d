import TapConfig
import TapData
import TapFile
import Taproom

/// An error as `application/problem+json` (RFC 9457), with what a program needs to end like the one that failed.
package struct Problem: Sendable, Codable, Equatable {
    static let mediaType = "application/problem+json"

    package var title: String
    package var status: Int
    package var detail: String
    package var advice: String?
    /// sysexits(3).
    package var exitStatus: Int32
    /// Where in what was sent the first mistake is: a JSON pointer (RFC 6901).
    package var pointer: String?
    /// Where in the text it is, from 1.
    package var line: Int?
    package var column: Int?
    /// All mistakes, when there are several or when they have places.
    package var errors: [Mistake]?

    /// One of several mistakes.
    package struct Mistake: Sendable, Codable, Equatable {
        package var detail: String
        package var pointer: String?
        package var line: Int?
        package var column: Int?
    }

    init(_ error: any Error) {
        let reportable = error as? any ReportableError
        let exit = reportable?.exitStatus ?? .software
        status = Problem.httpStatus(error, exit)
        title = Problem.title(of: status)
        detail = reportable?.description ?? "\(error)"
        advice = reportable?.advice
        exitStatus = exit.rawValue
        errors = Mistake.all(in: error)
        (pointer, line, column) = (errors?.first?.pointer, errors?.first?.line, errors?.first?.column)
    }

    private static let titles = [
        400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
        409: "Conflict",
        412: "Precondition Failed", 413: "Content Too Large", 415: "Unsupported Media Type",
        422: "Unprocessable Content", 500: "Internal Server Error",
        503: "Service Unavailable",
        507: "Insufficient Storage",
    ]

    /// What a status means, in its own words (RFC 9110, section 15).
    static func title(of status: Int) -> String { titles[status] ?? "Error" }

    private static func httpStatus(_ error: any Error, _ exit: ExitStatus) -> Int {
        switch error as? ControlError {
        case .unknownRoute, .unknownPoint, .unknownPath: return 404
        case .methodNotAllowed: return 405
        case .changedMeanwhile: return 412
        case .noToken: return 401
        case .notAllowed, .needsRole, .notFromHere: return 403
        case .tooLarge: return 413
        case .mediaType: return 415
        case .unknownToken: return 404
        case .tokenExists: return 409
        case .unconfirmed, .nothingToConfirm, .notActive: return 409
        case .unknownService, .noDescription: return 404
        default: break
        }
        if case .unknownRevision = error as? TapFileError { return 404 }
        if error is MergeConflict { return 409 }
        if error is EditError || error is DescriptionError { return 422 }
        return switch exit {
        case .usage, .badData: 400
        case .noInput: 404
        case .notPermitted: 403
        case .configuration: 422
        case .tryAgain, .unavailable: 503
        case .cannotCreate, .inputOutput: 507
        case .done, .software: 500
        }
    }
}

extension Problem.Mistake {
    /// The mistakes that an error tells of; nil: it tells of none.
    static func all(in error: any Error) -> [Problem.Mistake]? {
        switch error {
        case let error as DescriptionError:
            // A description that was given as data has no lines.
            let isText = !error.file.isEmpty
            return error.problems.map { problem in
                guard problem.file == nil else {
                    return Problem.Mistake(detail: error.sentence(problem), pointer: pointer(problem.path))
                }
                return Problem.Mistake(
                    detail: problem.text, pointer: pointer(problem.path), line: isText ? problem.line : nil,
                    column: isText ? problem.column : nil)
            }
        case let error as EditError:
            return error.problems.map { Problem.Mistake(detail: $0.text, pointer: pointer($0.path)) }
        case let error as MergeConflict:
            return error.conflicts.map { conflict in
                let isOwn = conflict.extended == nil
                return Problem.Mistake(
                    detail: "\(conflict.path) was changed on both sides", pointer: pointer(conflict.path),
                    line: isOwn ? conflict.line : nil, column: isOwn ? conflict.column : nil)
            }
        case ControlError.badSyntax(let problem, let position):
            return [Problem.Mistake(detail: problem, line: position.line, column: position.column)]
        case ControlError.badBody(let error):
            return [Problem.Mistake(detail: "\(error)", pointer: pointer(error.path.text))]
        default: return nil
        }
    }

    /// RFC 6901 of a path such as `services[0].listen`.
    private static func pointer(_ path: String) -> String {
        path.split { ".[]".contains($0) }.map {
            "/" + $0.replacing("~", with: "~0").replacing("/", with: "~1")
        }.joined()
    }
}
