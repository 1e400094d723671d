import Glibc
package import Taproom

/// A log that cannot be had.
package enum LogError: ReportableError, Equatable {
    case cannotOpen(path: String, code: CInt)
    case isLink(path: String)
    case noSyslog(socket: String, code: CInt)
    case cannotGive(path: String, code: CInt)
    case isShared(path: String)

    package var description: String {
        switch self {
        case .cannotOpen(let path, let code): SystemCallError("open the log \(path)", code: code).description
        case .isLink(let path): "the log \(path) is a symbolic link"
        case .noSyslog(let socket, let code):
            SystemCallError("reach the syslog daemon at \(socket)", code: code).description
        case .cannotGive(let path, let code):
            SystemCallError("give the log \(path) to the account that runs the application", code: code).description
        case .isShared(let path): "the log \(path) has a second name, so it is not given to another account"
        }
    }

    package var advice: String? {
        switch self {
        case .cannotOpen(_, ENOENT): "Make its folder, or choose another place with --logfile."
        case .cannotOpen(_, ENXIO): "Start the program that reads it first."
        case .cannotOpen: "Choose another place with --logfile, or - for standard output."
        case .isLink: "Name the file itself."
        case .noSyslog: "Start the daemon, or log to a file with --logfile."
        case .cannotGive: "Choose a place with --logfile where the owner of files can be changed."
        case .isShared: "Remove the other name, or choose another file with --logfile."
        }
    }

    package var exitStatus: ExitStatus {
        switch self {
        case .cannotOpen(_, let code), .cannotGive(_, let code), .noSyslog(_, let code):
            if [EACCES, EPERM].contains(code) { .notPermitted } else { .cannotCreate }
        case .isLink, .isShared: .notPermitted
        }
    }
}
