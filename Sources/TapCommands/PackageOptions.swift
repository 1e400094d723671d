import ArgumentParser
import Glibc
import TapControl
import TapPackaging
import Taproom

/// What all tools that make packages are told.
struct PackageOptions: ParsableArguments {
    @Option(name: [.customShort("t"), .long], help: ArgumentHelp("The tap to package.", valueName: "tap"))
    var tapfile: String?
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Who answers for the package. Default: DEBFULLNAME and DEBEMAIL.", valueName: "name <mail>"))
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
        name: [.short, .customLong("long_description"), .long], help: ArgumentHelp("What it does.", valueName: "text"))
    var longDescription: String?
    @Option(name: [.customShort("V"), .long], help: ArgumentHelp("The version of the package.", valueName: "version"))
    var setVersion = "1.0"
    @Option(name: [.customShort("y"), .long], help: "What the file is: tap, yaml or json.")
    var type = Mktap.Format.tap
    @Flag(
        name: .long,
        help:
            "The tap is encrypted: put its settings into the package all the same, in the clear. Also -e, with no text behind it."
    )
    var encrypted = false
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Put a file or folder into the package. Default target: its name, in the package's folder in /usr/share. Settings that name it name the target then.",
            valueName: "path[=target]"))
    var include: [String] = []
    @Flag(name: .long, help: "Leave out what the services remember.")
    var withoutState = false
    @Flag(name: .long, help: "Put the program that runs it into the package, instead of depending on taproom.")
    var bundle = false
    @Option(
        name: .long,
        help: ArgumentHelp("The user that the service runs as. Default: the tap's, or its own.", valueName: "user"))
    var user: String?
    @Option(name: .long, help: ArgumentHelp("The group that the service runs as.", valueName: "group"))
    var group: String?
    @Option(name: .long, help: ArgumentHelp("Where more is to be read about it.", valueName: "address"))
    var homepage: String?
    @Option(
        name: .long,
        help: ArgumentHelp("The license of the description and what is included, as SPDX names it.", valueName: "name"))
    var license: String?
    @Option(
        name: .long,
        help: ArgumentHelp("gzip or zstd. Default: zstd from 64 MiB of files on.", valueName: "way"),
        transform: { text in
            guard let way = Compression(rawValue: text) else { throw ValidationError("is not gzip or zstd") }
            return way
        })
    var compression: Compression?
    @Option(name: .shortAndLong, help: ArgumentHelp("The folder to write to.", valueName: "folder"))
    var output = ".build"
    @OptionGroup var passphrase: PassphraseOptions
    @Flag(name: .long, help: "Print what was made as JSON.")
    var json = false

    /// The words of a command line, with `--encrypted` for each `-e` that has no text behind it.
    ///
    /// Everywhere else `-e` is the word for that; here it is that of a description for those who come from other tools. It
    /// can be both, for a description never begins with a hyphen.
    static func words(_ words: [String]) -> [String] {
        words.indices.map { index in
            let next = words.dropFirst(index + 1).first
            let isAlone = next.map { $0.hasPrefix("-") && $0 != "-" } ?? true
            return words[index] == "-e" && isAlone ? "--encrypted" : words[index]
        }
    }

    /// What is to be packaged, with everything said here.
    ///
    /// Throws what is wrong with the words, the tap, and what is included.
    func request(name: String?, _ invocation: Invocation) throws -> PackageRequest {
        guard let file = tapfile else { throw UsageError(problem: "name the tap to package with -t") }
        guard let maintainer = maintainer ?? Self.maintainer else {
            throw UsageError(
                problem: "name who answers for the package with -m 'Name <mail>', or in DEBFULLNAME and DEBEMAIL")
        }
        var source = try PackageSource(file, self, invocation)
        let package =
            name ?? `protocol`.map { "taproom-" + $0 } ?? PackageRequest.defaultName(of: source.application)
        let includes = try include.map { try PackageInclude($0, package: package) }
        if let include = includes.first(where: { $0.holds(output) }) {
            throw UsageError(
                problem: "the package would be written into \(include.source), which it includes: give another --output"
            )
        }
        for include in includes { source.application.moves(include) }
        if let user { source.application.user = user }
        if let group { source.application.group = group }
        var request = PackageRequest(
            application: source.application, description: source.text, endpoints: try source.endpoints,
            maintainer: maintainer,
            date: try PackageRequest.date(
                sourceDateEpoch: Self.environment("SOURCE_DATE_EPOCH"), otherwise: source.date),
            name: package, version: setVersion, summary: description, longDescription: longDescription)
        request.runner = try runner(invocation)
        request.state = source.state
        request.depends = source.kindPackages
        request.includes = try includes.flatMap { try $0.files() }
        request.compression = compression
        request.homepage = homepage
        request.license = license
        request.verbs = Tapctl.Arguments.configuration.subcommands.map { $0._commandName }
        return request
    }

    /// The program in the package, or that of the package taproom, which has only the kinds that are shipped.
    private func runner(_ invocation: Invocation) throws -> PackagedRunner {
        if bundle { return .bundled(try .running()) }
        guard invocation.prefix.isEmpty else {
            throw UsageError(
                problem: """
                    the package taproom, which is to run it, has none of the kinds of \(invocation.prefix.dropLast()): put \
                    this program into the package with --bundle
                    """)
        }
        return .shared
    }

    /// Writes a package and says what was made, unless nobody wants to know.
    func write(_ package: some PackageFormat, quiet: Bool = false) throws -> ExitStatus {
        let made = try PackageWriter(folder: output).write(package)
        guard !quiet else { return .done }
        let installation = package.installation(of: made.path)
        if json {
            try Console.print(json: Made(made, installation))
        } else {
            Console.print("\(made.path): \(ByteText.of(made.size)). Install it with: \(installation)\n")
        }
        return .done
    }

    private struct Made: Encodable {
        var path: String
        var size: Int
        var tree: String
        var install: String

        init(_ made: PackageWriter.Result, _ installation: String) {
            (path, size, tree, install) = (made.path, made.size, made.tree, installation)
        }
    }

    private static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    private static var maintainer: String? {
        guard let mail = environment("DEBEMAIL"), !mail.isEmpty else { return nil }
        return mail.contains("<") ? mail : "\(environment("DEBFULLNAME") ?? mail) <\(mail)>"
    }
}
