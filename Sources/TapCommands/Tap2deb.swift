import ArgumentParser
import TapPackaging
import Taproom

/// `tap2deb`: turns a tap into a Debian package.
enum Tap2deb {
    struct Arguments: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "tap2deb", abstract: "Turn a tap into a Debian package.",
            usage: "tap2deb -t TAP -m 'NAME <MAIL>' [options]",
            discussion: """
                The package has the application as it is now as its seed. When it is installed, the live tap is made from it \
                in /var/lib, and the application runs under systemd. An upgrade merges the new seed, the description in \
                /etc and what was changed at run time; removing the package keeps the tap, and purging keeps a copy.
                """,
            version: "tap2deb \(ProgramVersion.text)")

        @OptionGroup var options: PackageOptions
        @OptionGroup var system: SystemOptions
        @Option(
            name: [.short, .long],
            help: ArgumentHelp("The name of the package. Default: taproom-WORD.", valueName: "package"))
        var debfile: String?
    }

    static func run(_ words: [String], _ invocation: Invocation) throws -> ExitStatus {
        let arguments = try Arguments.read(PackageOptions.words(words))
        var request = try arguments.options.request(name: arguments.debfile, invocation)
        arguments.system.apply(to: &request)
        return try arguments.options.write(DebianPackage(request), invocation)
    }
}
