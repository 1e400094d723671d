import Taproom

/// The texts of a Debian package that say what it is: control, changelog, copyright and the question of debconf.
struct DebianDocuments {
    let places: InstancePlaces
    let request: PackageRequest

    var architecture: PackageArchitecture {
        if case .bundled(let program) = request.runner { program.architecture } else { .all }
    }

    /// The fields of Policy 5.3; `installedSize` in KiB.
    func control(installedSize: Int) -> String {
        var fields = [
            ("Package", request.name), ("Version", request.version), ("Architecture", architecture.debianName),
            ("Maintainer", request.maintainer), ("Installed-Size", "\(installedSize)"), ("Depends", depends),
            ("Section", request.section), ("Priority", "optional"),
        ]
        if let homepage = request.homepage { fields.append(("Homepage", homepage)) }
        fields.append(("Description", request.summary))
        return fields.map { "\($0): \($1)\n" }.joined() + DebianText.fold(request.longDescription)
    }

    /// useradd and groupadd are in passwd; setpriv and the helpers for systemd are on every Debian.
    private var depends: String {
        var depends = ["debconf (>= 0.5) | debconf-2.0"]
        if places.account.userToMake != nil || places.account.groupToMake != nil { depends.append("passwd") }
        switch request.runner {
        case .shared: depends.append("taproom (>= 0.1)")
        case .bundled(let program): depends += program.debianDependencies
        }
        return (depends + request.depends).joined(separator: ", ")
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
        "\(request.application.name)", which is run by Taproom.

        Copyright: \(UTCTime(secondsSince1970: request.date).year) \(request.maintainer)
        \(request.license.map { "License: \($0)\n" } ?? "")
        \(DebianText.plain(license))
        """
    }

    private var license: String {
        let text = LicenseText(request: request)
        guard let program = text.ofProgram(in: places.programs) else { return text.ofApplication }
        return """
            \(text.ofApplication)

            \(program) On Debian systems the text of the license is in /usr/share/common-licenses/Apache-2.0.
            """
    }

    /// What debconf knows about the package (debconf-devel(7)).
    var templates: String {
        """
        Template: \(request.name)/purge-all
        Type: boolean
        Default: false
        Description: Remove the state of \(request.name) for good when it is purged?
         Purging the package removes the tap of the application, with its settings,
         its state and its history. A final copy of it is kept in /var/backups,
         unless you say here that there shall be none.

        """
    }
}
