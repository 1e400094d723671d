import TapConfig
import TapData
import Taproom

/// What of a tap or description everyone may read.
///
/// Everyone can read a package, and the tap that is made of it is not encrypted. So what is encrypted is opened only when
/// that was asked for, and secrets in it are never taken along.
struct PackageDisclosure {
    /// The tap or description.
    let file: String
    /// Whether it was said to be encrypted.
    let isAskedFor: Bool

    /// Throws unless something encrypted may be opened for a package.
    func mayOpen() throws {
        guard isAskedFor else { throw EncryptedNotPackaged(file: file) }
    }

    /// The warnings for what a package will show.
    ///
    /// Throws for secrets in an encrypted tap or description, and for one that is none though it was said to be.
    func check(_ application: Application, isSealed: Bool) throws -> [String] {
        let secrets = application.servicesByPath.flatMap { path, service in
            SecretLiterals.paths(in: service.settings).map { "\(path).\($0.text)" }
        }
        guard isAskedFor else {
            return secrets.map { "\(file): \($0) looks like a secret in plain text, and everyone can read a package" }
        }
        guard isSealed else { throw NotEncrypted(file: file) }
        guard secrets.isEmpty else { throw EncryptedSecrets(file: file, paths: secrets) }
        return ["\(file) is encrypted; the package with its settings, and the tap that is made of it, are not"]
    }
}

/// An encrypted tap or description that nobody said may be shown.
private struct EncryptedNotPackaged: ReportableError {
    var file: String
    var description: String { "\(file): is encrypted, and everyone can read a package" }
    var advice: String? { "With -e (--encrypted) its settings are put into the package in the clear." }
    var exitStatus: ExitStatus { .notPermitted }
}

/// A tap or description that was said to be encrypted.
private struct NotEncrypted: ReportableError {
    var file: String
    var description: String { "\(file): is not encrypted" }
    var advice: String? { "Leave out --encrypted; -e with a text behind it is the package's description." }
    var exitStatus: ExitStatus { .usage }
}

/// Secrets that only encryption kept.
private struct EncryptedSecrets: ReportableError {
    var file: String
    var paths: [String]
    var description: String {
        paths.map { "\(file): \($0) looks like a secret, and everyone can read a package" }.joined(separator: "\n")
    }
    var advice: String? { "Refer to it instead: file:, env: or credential:." }
    var exitStatus: ExitStatus { .notPermitted }
}

/// State that only encryption kept.
struct EncryptedState: ReportableError {
    var tap: String
    var description: String { "\(tap): is encrypted, and everyone could read in a package what its services remember" }
    var advice: String? { "Leave it out with --without-state." }
    var exitStatus: ExitStatus { .notPermitted }
}
