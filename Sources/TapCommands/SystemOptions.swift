import ArgumentParser
import TapPackaging

/// What a package says to the system that installs it.
///
/// An image has no such system: `tap2oci` knows the options only to say why they are none of its own.
struct SystemOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("What else has to be installed.", valueName: "packages"))
    var depends: [String] = []
    @Option(
        name: .long, help: ArgumentHelp("The name of the systemd unit. Default: the package's.", valueName: "name"))
    var unit: String?
    @Flag(
        name: .long,
        help: "Let the service itself bind ports below 1024, so that they can be changed while it runs, not systemd.")
    var bindLowPorts = false
    @Option(
        name: .long, help: ArgumentHelp("The section of the archive. Default: net.", valueName: "section"))
    var section: String?

    /// Puts what was said into a request.
    func apply(to request: inout PackageRequest) {
        request.depends += depends
        request.bindsLowPorts = bindLowPorts
        if let unit { request.unit = unit }
        if let section { request.section = section }
    }

    /// Why the first of the options that were given does not go with an image; nil: none was given.
    var problemInImage: String? {
        if !depends.isEmpty {
            return "an image can't depend on packages (--depends): put what it needs into it with --include"
        }
        if unit != nil { return "an image has no systemd unit (--unit)" }
        if bindLowPorts {
            return "in an image no systemd binds ports below 1024 (--bind-low-ports): its runtime permits them"
        }
        if section != nil { return "an image is in no section of an archive (--section)" }
        return nil
    }
}
