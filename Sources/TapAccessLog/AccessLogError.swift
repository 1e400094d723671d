import Glibc
package import TapLog

/// An access log that cannot be had.
package struct AccessLogError: Error, Equatable, CustomStringConvertible {
    /// What has failed.
    package let error: LogError

    /// What has failed and what to do.
    package var description: String {
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
