import CTapSystem
package import Taproom

/// How a program ended.
package enum ChildEnding: Equatable, Sendable {
    case exited(status: CInt)
    case killed(signal: CInt)
    case notStarted(ChildStartFailure)
}

/// Why a program could not be started.
package struct ChildStartFailure: Error, Equatable, Sendable {
    /// What failed.
    package enum Step: Sendable {
        /// Making a process.
        case branch
        case group
        case limits
        /// Becoming its user.
        case user
        /// Entering its folder.
        case folder
        case files
        /// Executing it.
        case program
        /// Watching for its end.
        case watch

        init(_ number: CInt) {
            self =
                switch Int(number) {
                case Int(TAP_CHILD_GROUP): .group
                case Int(TAP_CHILD_LIMITS): .limits
                case Int(TAP_CHILD_USER): .user
                case Int(TAP_CHILD_FOLDER): .folder
                case Int(TAP_CHILD_FILES_TAKEN): .files
                case Int(TAP_CHILD_PROGRAM): .program
                default: .branch
                }
        }
    }

    package let step: Step
    /// The error number.
    package let code: CInt

    package init(step: Step, code: CInt) { (self.step, self.code) = (step, code) }

    /// The failure as an error of a program.
    package func error(of program: String) -> SystemCallError {
        let action =
            switch step {
            case .branch: "make a process for \(program)"
            case .group: "make a process group for \(program)"
            case .limits: "set the limits of \(program)"
            case .user: "become the user of \(program)"
            case .folder: "enter the folder of \(program)"
            case .files: "hand descriptors to \(program)"
            case .program: "execute \(program)"
            case .watch: "watch \(program)"
            }
        return SystemCallError(action, code: code)
    }
}
