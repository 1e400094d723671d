import Taproom

/// The texts of an rpm: what is said about it in the header, and the files for people.
struct RPMDocuments {
    let places: InstancePlaces
    let request: PackageRequest
    let version: RPMVersion

    /// The license of everything in the package, as SPDX names it.
    var licenseName: String {
        let name = request.license ?? "LicenseRef-Unstated"
        guard case .bundled = request.runner else { return name }
        let own = name.contains(" ") ? "(\(name))" : name
        return "\(own) AND Apache-2.0 AND Apache-2.0 WITH Swift-exception"
    }

    /// The long description, in lines of the usual width.
    var description: String {
        var text = DebianText.plain(request.longDescription)
        while text.hasSuffix("\n") { text.removeLast() }
        return text
    }

    /// The file about the license.
    var license: String {
        let text = LicenseText(request: request)
        let parts = [
            "This package was made by tap2rpm from a tap of the application \"\(request.application.name)\", "
                + "which is run by Taproom.",
            "Copyright: \(UTCTime(secondsSince1970: request.date).year) \(request.maintainer)",
            request.license.map { "License: " + $0 },
            text.ofApplication,
            text.ofProgram(in: places.programs).map {
                $0 + " Its text is at https://www.apache.org/licenses/LICENSE-2.0."
            },
        ]
        return DebianText.plain(parts.compactMap { $0 }.joined(separator: "\n\n"))
    }

    /// The file that says how the package is used.
    var readme: String {
        // A user that the application names may be others' too.
        let removal = request.application.user == nil ? "\n  userdel \(places.account.user)" : ""
        return """
            \(places.package): \(request.summary)

            The service is not started when the package is installed, unless a preset says so
            (systemd.preset(5)). To start it now and whenever the machine starts:

              systemctl enable --now \(places.unit)

            \(places.package)(8) says how it is changed while it runs.

            An upgrade brings the application to the new version while it runs. Erasing the
            package stops it and keeps its state: a package that is installed later goes on
            with it. What was written into \(places.description)
            is kept by rpm as \(places.description).rpmsave
            then; put it back before the package is installed again.

            To remove the state too, when the package is erased:

              rm -r \(places.state) /var/log/\(places.package)\(removal)

            """
    }

    /// The entry of the changelog, without its time.
    var change: (author: String, text: String) {
        (
            "\(request.maintainer) - \(version.text)",
            "- Package the application \(request.application.name) as it was at this time."
        )
    }

    /// The header as people read it, in the words of a spec file.
    func headerText(_ files: RPMFileList, _ relations: RPMRelations, architecture: PackageArchitecture) -> String {
        var fields = [("Name", request.name)]
        if let epoch = version.epoch { fields.append(("Epoch", "\(epoch)")) }
        fields += [
            ("Version", version.version), ("Release", version.release), ("Architecture", architecture.rpmName),
            ("Group", request.section), ("License", licenseName), ("Packager", request.maintainer),
        ]
        if let homepage = request.homepage { fields.append(("URL", homepage)) }
        fields += [("Size", "\(files.size)"), ("Date", UTCTime(secondsSince1970: request.date).text)]
        fields += relations.provides.map { ("Provides", $0.text) }
        fields += relations.requires.map { ("Requires", $0.text) }
        fields.append(("Summary", request.summary))
        return """
            \(fields.map { "\($0): \($1)\n" }.joined())
            %description
            \(description)

            %files
            \(files.text)
            %changelog
            * \(UTCTime(secondsSince1970: request.date).dayText) \(change.author)
            \(change.text)

            """
    }
}
