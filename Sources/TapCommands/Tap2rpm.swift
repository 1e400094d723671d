import ArgumentParser
import TapPackaging
import Taproom

/// `tap2rpm`: turns a tap into an rpm.
enum Tap2rpm {
    struct Arguments: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "tap2rpm", abstract: "Turn a tap into an rpm.",
            usage: "tap2rpm -t TAP -m 'NAME <MAIL>' [options]",
            discussion: """
                The package has the application as it is now as its seed. When it is installed, the live tap is made from it \
                in /var/lib; "systemctl enable --now" starts the application. An upgrade merges the new seed, the \
                description in /etc and what was changed at run time, while the application runs; erasing the package \
                keeps the tap. Neither rpm nor rpmbuild is needed to make it.
                """,
            version: "tap2rpm \(ProgramVersion.text)")

        @OptionGroup var options: PackageOptions
        @OptionGroup var system: SystemOptions
        @Option(
            name: [.short, .customShort("d"), .long],
            help: ArgumentHelp("The name of the package. Default: taproom-WORD.", valueName: "package"))
        var rpmfile: String?
        @Flag(name: .shortAndLong, help: "Do not say what was made.")
        var quiet = false
    }

    static func run(_ words: [String], _ invocation: Invocation) throws -> ExitStatus {
        let arguments = try Arguments.read(PackageOptions.words(words))
        var request = try arguments.options.request(name: arguments.rpmfile, invocation)
        arguments.system.apply(to: &request)
        return try arguments.options.write(RPMPackage(request), quiet: arguments.quiet, invocation)
    }
}
