package import Taproom

/// What is to be packaged: an application, its description, and the words of the package around it.
///
/// A value without promises: ``problems`` says what is wrong with it, and ``DebianPackage`` refuses it then.
package struct PackageRequest: Sendable, Equatable {
    package var application: Application
    /// The canonical YAML of the application, which becomes the seed of the live tap.
    package var description: String
    /// Where the services of the application listen.
    ///
    /// They decide what the unit may do.
    package var endpoints: [Endpoint]
    /// The name of the package.
    ///
    /// Default: `taproom-` and the application's name, in letters a package may have.
    package var name: String
    /// The version, as Debian writes it: `1.0`, `1:2.0-3`.
    package var version: String
    /// Who answers for the package: `Name <mail>`.
    package var maintainer: String
    /// What the application is, on one line of fewer than 80 characters.
    package var summary: String
    /// What it does: paragraphs between empty lines.
    ///
    /// Lines that begin with a space are kept as they are.
    package var longDescription: String
    /// The name of the systemd unit, without its ending.
    ///
    /// Default: that of the package, with "_" for "+", which a unit can't have.
    package var unit: String
    /// The section of the archive (Policy 2.4), by default `net`.
    package var section = "net"
    /// Where more is to be read about it.
    package var homepage: String?
    /// The license of the description and the included files, as SPDX names it.
    package var license: String?
    /// What else has to be installed, as it stands in `Depends` or `Requires`.
    package var depends: [String] = []
    /// The program that runs it.
    package var runner = PackagedRunner.shared
    /// The state that a new tap begins with, as text; nil: none.
    package var state: [UInt8]?
    /// The site's files and folders.
    package var includes: [PackageFile] = []
    /// Whether the service itself may bind ports below 1024, instead of systemd for it.
    package var bindsLowPorts = false
    /// How files are compressed; nil: as suits their size.
    package var compression: Compression?
    /// The verbs of tapctl, for completion.
    package var verbs: [String] = []
    /// The time written everywhere in the package, in seconds since 1970.
    ///
    /// Equal requests make equal packages.
    package var date: Int

    package init(
        application: Application, description: String, endpoints: [Endpoint], maintainer: String, date: Int,
        name: String? = nil, version: String = "1.0", summary: String? = nil, longDescription: String? = nil
    ) {
        let name = name ?? Self.defaultName(of: application)
        self.application = application
        self.description = description
        self.endpoints = endpoints
        self.maintainer = maintainer
        self.date = date
        self.name = name
        unit = name.replacing("+", with: "_")
        self.version = version
        self.summary = summary ?? Self.defaultSummary(of: application)
        self.longDescription = longDescription ?? Self.defaultLongDescription(of: application, package: name)
    }

    /// `taproom-web` for the application `web`; capitals and underscores, which packages cannot have, are replaced.
    package static func defaultName(of application: Application) -> String {
        "taproom-" + application.name.lowercased().replacing("_", with: "-")
    }

    private static func defaultSummary(of application: Application) -> String {
        let summary = "Taproom network application \(application.name)"
        return summary.count < 80 ? summary : "Taproom network application"
    }

    private static func defaultLongDescription(of application: Application, package name: String) -> String {
        """
        Runs the application "\(application.name)" with tapd, as the service \(name).

        Its tap holds settings, state and history. It is made when the package is first installed, from the \
        description in /usr/share/\(name), and kept when the package is upgraded or removed.
        """
    }

    /// The time to write into a package: the variable SOURCE_DATE_EPOCH if it is set, otherwise the time given.
    ///
    /// Throws ``PackagingError/invalid(_:)`` for a variable that is no number of seconds.
    package static func date(sourceDateEpoch: String?, otherwise now: Int) throws(PackagingError) -> Int {
        guard let sourceDateEpoch, !sourceDateEpoch.isEmpty else { return now }
        guard let date = Int(sourceDateEpoch) else { throw .invalid([.sourceDateEpoch(sourceDateEpoch)]) }
        return date
    }
}
