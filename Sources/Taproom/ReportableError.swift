/// An error that is shown to a person as it is, and ends a program with an honest status.
///
/// `description` says what happened and where, without a full stop.
package protocol ReportableError: Error, CustomStringConvertible {
    var exitStatus: ExitStatus { get }
    /// What to do about it: one sentence with its full stop, or nil when there is nothing to say.
    var advice: String? { get }
}

extension ReportableError {
    package var advice: String? { nil }
}

/// How a program ends: sysexits(3).
package enum ExitStatus: Int32, Sendable, Codable {
    case done = 0
    /// The command line is wrong.
    case usage = 64
    /// The tap or the description is damaged or wrong.
    case badData = 65
    /// A file that was named is not there.
    case noInput = 66
    /// Something needed can't be had: a port, a folder, a running application.
    case unavailable = 69
    /// A mistake in our own code, or a service that failed.
    case software = 70
    /// A file can't be made.
    case cannotCreate = 73
    /// Reading or writing failed: a full disk, a bad disk.
    case inputOutput = 74
    /// Somebody else is at it: trying again can help.
    case tryAgain = 75
    /// The system doesn't permit it to this user.
    case notPermitted = 77
    /// The file and the application disagree, or the system lacks what the settings name.
    case configuration = 78
}

extension UnknownKind: ReportableError {
    package var exitStatus: ExitStatus { .configuration }
    package var advice: String? {
        if let package { return "The package \(package) brings it: apt install \(package)." }
        if failure != nil { return "Mend its manifest, or install the package again that brings it." }
        return "mktap --list names the kinds of this program."
    }
}

extension StateError: ReportableError {
    package var exitStatus: ExitStatus { .badData }
}

extension SystemCallError: ReportableError {
    package var exitStatus: ExitStatus { .unavailable }
}
