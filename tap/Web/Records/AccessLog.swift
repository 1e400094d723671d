import Glibc
import TapLog
import Taproom

/// Where requests are noted, and how.
struct AccessLog: Sendable {
    let file: AccessLogFile
    let format: WebAccessLog.Format
}

/// An access log that cannot be had.
struct AccessLogError: Error, Equatable, CustomStringConvertible {
    let error: LogError

    var description: String {
        let advice =
            switch error {
            case .cannotOpen(_, ENOENT): "Make its folder, or set accessLog.file to another place."
            case .cannotOpen(_, EACCES), .cannotOpen(_, EROFS):
                "Let the user that the service runs as write there, or set accessLog.file to another place."
            case .cannotOpen(_, ENXIO): "Start the program that reads it first."
            case .isLink: "Set accessLog.file to the file itself."
            default: "Set accessLog.file to another place."
            }
        return "\(error.description). \(advice)"
    }
}
