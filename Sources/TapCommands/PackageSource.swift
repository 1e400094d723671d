import Glibc
import TapConfig
import TapData
import TapFile
import TapPackaging
import Taproom

/// What is packaged: an application as it is now, running or not.
struct PackageSource {
    var application: Application
    /// What its services remember, as text; nil: nothing.
    let state: [UInt8]?
    /// When it was last changed, in seconds since 1970, so that equal taps make equal packages.
    let date: Int
    private let kinds: KindList

    /// Reads a tap or a description; warns of what everyone will be able to read.
    ///
    /// Throws what is wrong with it.
    init(_ file: String, _ options: PackageOptions, _ invocation: Invocation) throws {
        kinds = invocation.kinds
        let disclosure = PackageDisclosure(file: file, isAskedFor: options.encrypted)
        guard options.type == .tap else {
            let description = try DescriptionFile(file, options.passphrase, mayOpen: disclosure.mayOpen)
            application = try description.application(kinds: kinds)
            invocation.warn(try disclosure.check(application, isSealed: description.passphrase != nil))
            (state, date) = (nil, time(nil))
            return
        }
        let isSealed = Tap.isSealed(file)
        if isSealed { try disclosure.mayOpen() }
        let moment = try Connection.moment(of: file, options.passphrase)
        application = moment.application
        date = Timestamp.seconds(of: moment.revision.time) ?? time(nil)
        try Self.check(application, file, kinds)
        let warnings = try disclosure.check(application, isSealed: isSealed)
        state = options.withoutState ? nil : try Self.state(of: moment)
        if isSealed, state != nil { throw EncryptedState(tap: file) }
        invocation.warn(warnings)
    }

    private static func state(of moment: TapMoment) throws -> [UInt8]? {
        var text: [UInt8] = []
        return try moment.writeState { text += $0 } > 0 ? text : nil
    }

    /// A description has settings in the form of the kinds that read it.
    private static func check(_ application: Application, _ file: String, _ kinds: KindList) throws {
        for (path, service) in application.servicesByPath {
            guard try kinds.kind(service.kind).settingsVersion == service.settingsVersion else {
                throw OldSettings(tap: file, service: path)
            }
        }
    }

    /// The application in the canonical form.
    var text: String { Description.yaml(of: application) }

    /// The packages that bring its kinds which are programs of their own.
    var kindPackages: [String] { Set(kinds.packages(for: application).values).sorted() }

    /// Where its services listen.
    var endpoints: [Endpoint] {
        get throws {
            try application.servicesByPath.flatMap {
                try kinds.kind($0.service.kind).endpoints(stored: $0.service.settings)
            }
        }
    }
}

/// A tap that was made by another version of the program.
private struct OldSettings: ReportableError {
    var tap: String
    var service: String
    var description: String { "\(tap): the settings of \(service) are in the form of another version of the program" }
    var advice: String? { "Bring it to this one first: tapctl upgrade \(tap)." }
    var exitStatus: ExitStatus { .badData }
}
