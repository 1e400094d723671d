import ArgumentParser
import TapPackaging
import Taproom

/// `tap2oci`: turns a tap into a container image.
enum Tap2oci {
    struct Arguments: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "tap2oci", abstract: "Turn a tap into a container image.",
            usage: "tap2oci -t TAP -m 'NAME <MAIL>' [options]",
            discussion: """
                The image has this program and the application as it is now as its seed, and nothing else but the \
                libraries that the program needs. A container makes the live tap from the seed when it is first started, \
                on the volume in /var/lib; later images merge their seed with what was changed at run time. The image is \
                an OCI image layout in a tar, which podman, skopeo and docker load.
                """,
            version: "tap2oci \(ProgramVersion.text)")

        @OptionGroup var options: PackageOptions
        @OptionGroup(visibility: .hidden) var system: SystemOptions
        @Option(name: .long, help: ArgumentHelp("The name of the image. Default: taproom-WORD.", valueName: "name"))
        var image: String?
    }

    static func run(_ words: [String], _ invocation: Invocation) throws -> ExitStatus {
        var arguments = try Arguments.read(PackageOptions.words(words))
        if let problem = arguments.system.problemInImage { throw UsageError(problem: problem) }
        // Nothing else could run it.
        arguments.options.bundle = true
        let request = try arguments.options.request(name: arguments.image, invocation)
        guard request.depends.isEmpty else {
            let packages = request.depends.joined(separator: ", ")
            throw UsageError(
                problem: "an image has nothing of \(packages), whose kinds this has; package it with tap2deb or tap2rpm"
            )
        }
        return try arguments.options.write(OCIImage(request))
    }
}
