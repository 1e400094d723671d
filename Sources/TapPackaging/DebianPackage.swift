import Taproom

/// A Debian package of an application as a value: every file with its content, and nothing on a disk yet.
package struct DebianPackage: Sendable, Equatable {
    package let name: String
    /// The whole version, with its epoch if it has one.
    package let version: String
    /// `all`: the application is data, its runner comes from another package.
    package let architecture = "all"
    package let date: Int
    /// What is installed, sorted by path.
    package let files: [PackageFile]
    /// What dpkg reads: control, md5sums and the maintainer scripts, with paths in /DEBIAN.
    package let controlFiles: [PackageFile]

    /// Makes the package of an application.
    ///
    /// Throws ``PackagingError/invalid(_:)`` with all mistakes at once.
    package init(_ request: PackageRequest) throws(PackagingError) {
        let problems = request.problems
        guard problems.isEmpty else { throw .invalid(problems) }
        let places = InstancePlaces(request)
        let documents = DebianDocuments(places: places, request: request)
        name = request.name
        version = request.version
        date = request.date
        files = [
            PackageFile(
                places.seed,
                text: request.description.hasSuffix("\n") ? request.description : request.description + "\n"),
            PackageFile(places.unitFile, text: SystemdUnit(places: places, request: request).text),
            PackageFile(places.documentation + "/copyright", text: documents.copyright),
            PackageFile(
                "\(places.documentation)/\(documents.changelogName)",
                content: Gzip.compress(Array(documents.changelog.utf8))),
        ].sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        controlFiles =
            [
                PackageFile("/DEBIAN/control", text: documents.control(installedSize: Self.installedSize(of: files))),
                PackageFile("/DEBIAN/md5sums", text: Self.checksums(of: files)),
            ] + MaintainerScripts(places: places).all
    }

    /// The name of the package's file.
    ///
    /// It has no epoch, as everywhere in Debian.
    package var fileName: String { "\(name)_\(versionWithoutEpoch)_\(architecture).deb" }

    /// The name of the folder that shows the package unpacked.
    package var treeName: String { "\(name)-\(versionWithoutEpoch)" }

    private var versionWithoutEpoch: Substring {
        version.firstIndex(of: ":").map { version[version.index(after: $0)...] } ?? version[...]
    }

    /// In KiB, as dpkg-gencontrol counts: each file rounded up, one for each folder.
    private static func installedSize(of files: [PackageFile]) -> Int {
        files.reduce(files.folders.count + 1) { $0 + ($1.content.count + 1023) / 1024 }
    }

    private static func checksums(of files: [PackageFile]) -> String {
        files.map { "\(MD5.text(of: $0.content))  \($0.path.dropFirst())\n" }.joined()
    }
}
