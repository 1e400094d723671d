import Glibc
import TapConfig
import TapControl
import TapData
import TapFile
import TapPackaging
import TapRunner
import Taproom

/// What is packaged: an application as it is now, running or not.
struct PackageSource {
    var application: Application
    /// What its services remember, as text; nil: nothing.
    let state: [UInt8]?
    /// When it was last changed, in seconds since 1970, so that equal taps make equal packages.
    let date: Int
    private let kinds: KindList

    /// Reads a tap or a description.
    ///
    /// Throws what is wrong with it.
    init(_ file: String, _ options: PackageOptions, _ invocation: Invocation) throws {
        kinds = invocation.kinds
        guard options.type == .tap else {
            application = try DescriptionFile(file, options.passphrase).application(kinds: kinds)
            (state, date) = (nil, time(nil))
            return
        }
        // A package can be read by everyone.
        guard !Tap.isSealed(file) else { throw EncryptedNotPackaged(tap: file) }
        let kinds = kinds
        let (description, history) = try Blocking.run {
            let found = try await Connection.application(of: file, kinds: kinds, PassphraseOptions())
            return (try await found.description(at: nil), try await found.history())
        }
        application = try DescriptionReader.read(YAMLWriter.write(description), file: file, folder: nil, kinds: kinds)
        state = nil
        let active = history.last { $0.status == .active }
        date = active.flatMap { Timestamp.seconds(of: $0.time) } ?? time(nil)
    }

    /// The application in the canonical form.
    var text: String { Description.yaml(of: application) }

    /// Where its services listen.
    var endpoints: [Endpoint] {
        get throws {
            try application.servicesByPath.filter { !$0.service.isGroup }.flatMap {
                try kinds.kind($0.service.kind).endpoints(stored: $0.service.settings)
            }
        }
    }
}

/// A tap that is encrypted, so that it is not shown to everyone.
private struct EncryptedNotPackaged: ReportableError {
    var tap: String
    var description: String { "\(tap): is encrypted, and a package would show its settings to everyone" }
    var advice: String? { "Package a description with references instead of secrets." }
    var exitStatus: ExitStatus { .notPermitted }
}
