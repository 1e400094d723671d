import ArgumentParser
import Glibc
import TapConfig
import TapControl
import TapData
import TapFile
import TapPackaging
import TapRunner
import Taproom

/// `tap2deb`: turns a tap into a Debian package.
enum Tap2deb {
    struct Arguments: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "tap2deb", abstract: "Turn a tap into a Debian package.",
            usage: "tap2deb -t TAP -m 'NAME <MAIL>' [options]",
            discussion: """
                The package has the description of the application as its seed. When it is installed, the live tap is made \
                from it in /var/lib, and the application runs under systemd; the tap is kept when the package is \
                upgraded or removed.
                """,
            version: "tap2deb \(ProgramVersion.text)")

        @Option(name: [.customShort("t"), .long], help: ArgumentHelp("The tap to package.", valueName: "tap"))
        var tapfile: String?
        @Option(
            name: .shortAndLong,
            help: ArgumentHelp(
                "Who answers for the package. Default: DEBFULLNAME and DEBEMAIL.", valueName: "name <mail>"))
        var maintainer: String?
        @Flag(name: .shortAndLong, help: "Do not sign. Nothing is signed; the option is for habit.")
        var unsigned = false
        @Option(
            name: .shortAndLong,
            help: ArgumentHelp("The word for the service. Default: the application's name.", valueName: "word"))
        var `protocol`: String?
        @Option(name: [.customShort("e"), .long], help: ArgumentHelp("What it is, on one line.", valueName: "text"))
        var description: String?
        @Option(
            name: [.short, .customLong("long_description"), .long],
            help: ArgumentHelp("What it does.", valueName: "text"))
        var longDescription: String?
        @Option(
            name: [.customShort("V"), .long], help: ArgumentHelp("The version of the package.", valueName: "version"))
        var setVersion = "1.0"
        @Option(
            name: [.short, .long],
            help: ArgumentHelp("The name of the package. Default: taproom-WORD.", valueName: "package"))
        var debfile: String?
        @Option(name: [.customShort("y"), .long], help: "What the file is: tap, yaml or json.")
        var type = Mktap.Format.tap
        @Option(name: .shortAndLong, help: ArgumentHelp("The folder to write to.", valueName: "folder"))
        var output = ".build"
    }

    static func run(_ words: [String], _ invocation: Invocation) throws -> ExitStatus {
        let arguments = try Arguments.read(words)
        guard let file = arguments.tapfile else { throw UsageError(problem: "name the tap to package with -t") }
        // A package depends on the runner's package, whose programs know the shipped kinds only.
        guard invocation.prefix.isEmpty else { throw OwnKindsNotPackaged() }
        let source = try source(file, arguments.type, invocation.kinds)
        let environment = { (name: String) in getenv(name).map { String(cString: $0) } }
        guard let maintainer = arguments.maintainer ?? maintainer(environment("DEBFULLNAME"), environment("DEBEMAIL"))
        else {
            throw UsageError(
                problem: "name who answers for the package with -m 'Name <mail>', or in DEBFULLNAME and DEBEMAIL")
        }
        let word = arguments.protocol.map { "taproom-" + $0 }
        let request = PackageRequest(
            application: source.application, description: Description.yaml(of: source.application),
            endpoints: source.endpoints, maintainer: maintainer,
            date: try PackageRequest.date(sourceDateEpoch: environment("SOURCE_DATE_EPOCH"), otherwise: source.date),
            name: arguments.debfile ?? word, version: arguments.setVersion, summary: arguments.description,
            longDescription: arguments.longDescription)
        let result = try PackageWriter(folder: arguments.output).write(DebianPackage(request))
        let install = "Install it with: dpkg -i \(result.path)"
        Console.print("\(result.path): \(request.name) \(request.version), \(result.size) bytes. \(install)\n")
        return .done
    }

    /// What is packaged.
    private struct Source {
        var application: Application
        var endpoints: [Endpoint]
        /// When it was last changed, in seconds since 1970, so that equal taps make equal packages.
        var date: Int
    }

    private static func source(_ file: String, _ type: Mktap.Format, _ kinds: KindList) throws -> Source {
        var application: Application
        var date = time(nil)
        // A package can be read by everyone.
        guard !Tap.isSealed(file) else { throw EncryptedNotPackaged(tap: file) }
        if type == .tap {
            let (description, history) = try Blocking.run {
                let found = try await Connection.application(of: file, kinds: kinds, PassphraseOptions())
                return (try await found.description(at: nil), try await found.history())
            }
            application = try DescriptionReader.read(
                YAMLWriter.write(description), file: file, folder: nil, kinds: kinds)
            let active = history.last { $0.status == .active }
            date = active.flatMap { Timestamp.seconds(of: $0.time) } ?? date
        } else {
            application = try DescriptionFile(file, PassphraseOptions()).application(kinds: kinds)
        }
        let endpoints = try application.servicesByPath.filter { !$0.service.isGroup }.flatMap {
            try kinds.kind($0.service.kind).endpoints(stored: $0.service.settings)
        }
        return Source(application: application, endpoints: endpoints, date: date)
    }

    private static func maintainer(_ name: String?, _ mail: String?) -> String? {
        guard let mail, !mail.isEmpty else { return nil }
        return mail.contains("<") ? mail : "\(name ?? mail) <\(mail)>"
    }
}

/// A package of a kind that the runner's package does not have.
private struct OwnKindsNotPackaged: ReportableError {
    let description =
        "applications with kinds of one's own can't be packaged yet: the package would run the shipped tapd"
    let advice: String? = "Copy the program and the tap, and run them from a unit of your own."
    let exitStatus = ExitStatus.unavailable
}

/// A tap that is encrypted, so that it is not shown to everyone.
private struct EncryptedNotPackaged: ReportableError {
    var tap: String
    var description: String { "\(tap): is encrypted, and a package would show its settings to everyone" }
    var advice: String? { "Package a description with references instead of secrets." }
    var exitStatus: ExitStatus { .notPermitted }
}
