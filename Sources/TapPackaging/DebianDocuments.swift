import Taproom

/// The texts of a Debian package that say what it is: control, changelog and copyright.
struct DebianDocuments {
    let places: InstancePlaces
    let request: PackageRequest

    func control(installedSize: Int) -> String {
        """
        Package: \(request.name)
        Version: \(request.version)
        Architecture: all
        Maintainer: \(request.maintainer)
        Installed-Size: \(installedSize)
        Depends: \(depends)
        Section: net
        Priority: optional
        Description: \(request.summary)
        \(DebianText.fold(request.longDescription))
        """
    }

    /// useradd and groupadd are in passwd; setpriv and the helpers for systemd are on every Debian.
    private var depends: String {
        places.account.userToMake == nil && places.account.groupToMake == nil
            ? "taproom (>= 0.1)" : "passwd, taproom (>= 0.1)"
    }

    /// A version without a revision is the packager's own, and its changelog has the short name.
    var changelogName: String { request.version.contains("-") ? "changelog.Debian.gz" : "changelog.gz" }

    var changelog: String {
        """
        \(request.name) (\(request.version)) unstable; urgency=low

          * Package the application \(request.application.name) as it was at this time.

         -- \(request.maintainer)  \(UTCTime(secondsSince1970: request.date).mailText)

        """
    }

    var copyright: String {
        """
        This package was made by tap2deb from a tap of the application
        "\(request.application.name)", which is run by Taproom, another package.

        Copyright: \(UTCTime(secondsSince1970: request.date).year) \(request.maintainer)

        The package holds the description of the application, and files that were
        generated from it. Ask the holder of the copyright for the terms on which you
        may use and pass on the description. There are none for the generated files:
        use them as you like.

        """
    }
}
