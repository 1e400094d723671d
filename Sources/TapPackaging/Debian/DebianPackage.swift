import TapCompression
import Taproom

/// A Debian package of an application as a value: every file with its content, and nothing on a disk yet.
package struct DebianPackage: PackageFormat {
    package let name: String
    /// The whole version, with its epoch if it has one.
    package let version: String
    package let files: [PackageFile]
    package let controlFolder = "DEBIAN"
    private let request: PackageRequest
    private let places: InstancePlaces
    private let documents: DebianDocuments

    /// Makes the package of an application.
    ///
    /// Throws ``PackagingError/invalid(_:)`` with all mistakes at once.
    package init(_ request: PackageRequest) throws {
        let problems = request.problems + Self.problems(of: request)
        guard problems.isEmpty else { throw PackagingError.invalid(problems) }
        self.request = request
        places = InstancePlaces(request)
        documents = DebianDocuments(places: places, request: request)
        name = request.name
        version = request.version
        let instance = InstanceFiles(places: places, request: request, unitFolder: Self.unitFolder)
        files =
            try instance.all() + [
                PackageFile(places.documentation + "/copyright", text: documents.copyright),
                PackageFile(
                    "\(places.documentation)/\(documents.changelogName)",
                    content: try DeflateStream.compress(Array(documents.changelog.utf8))),
            ]
    }

    /// Dependencies that dpkg can't read, and libraries that no package is known for, unless somebody says what else has to
    /// be installed.
    private static func problems(of request: PackageRequest) -> [PackageProblem] {
        let unread = request.depends.filter { PackageRequest.isLine($0) && !DebianDependency.isList($0) }
        let problems = unread.map(PackageProblem.dependsOfDebian)
        guard case .bundled(let program) = request.runner, request.depends.isEmpty else { return problems }
        return problems + program.unknownLibraries.map(PackageProblem.library)
    }

    private static let unitFolder = "/lib/systemd/system"

    /// It has no epoch, as everywhere in Debian.
    package var fileName: String { "\(name)_\(versionWithoutEpoch)_\(documents.architecture.debianName).deb" }
    package var treeName: String { "\(name)-\(versionWithoutEpoch)" }

    package func installation(of path: String) -> String {
        // apt takes a name for a file when there is a slash in it.
        "apt install \(path.contains("/") ? path : "./" + path)"
    }

    private var versionWithoutEpoch: Substring {
        version.firstIndex(of: ":").map { version[version.index(after: $0)...] } ?? version[...]
    }

    package func pack(_ tree: PackageTree, into output: OutputFile) throws {
        let compression = try request.compression ?? .suiting(size: files.size)
        let laid = try tree.lay(files, digest: MD5.self)
        let control = try tree.layControl(controlFiles(of: laid))
        let archive = try ArWriter(output, date: request.date)
        try archive.add("debian-binary", Array("2.0\n".utf8))
        try archive.add("control.tar.gz") { try write(control, .gzip, into: $0) }
        try archive.add("data.tar.\(compression.ending)") { try write(laid, compression, into: $0) }
    }

    private func write(_ files: [LaidFile], _ compression: Compression, into sink: @escaping ByteSink) throws {
        try compression.compress(into: sink) { sink in
            let archive = try TarStream(date: request.date, into: sink)
            for file in files { try archive.add(file) }
            try archive.finish()
        }
    }

    /// What dpkg reads: control, checksums, scripts and more, with paths in the folder DEBIAN.
    func controlFiles(of laid: [LaidFile]) -> [PackageFile] {
        let configuration = laid.filter(\.file.isConfiguration).map { $0.path + "\n" }.joined()
        let sums = laid.filter { !$0.digest.isEmpty }.map { "\($0.digest.hexadecimal)  \($0.path.dropFirst())\n" }
        let units = files.map(\.path).filter { $0.hasPrefix(Self.unitFolder) }.map { path in
            (name: String(path.dropFirst(Self.unitFolder.count + 1)), file: path)
        }
        var control = [
            PackageFile("/conffiles", text: configuration),
            PackageFile("/control", text: documents.control(installedSize: Self.installedSize(of: laid))),
            PackageFile("/md5sums", text: sums.joined()),
            PackageFile("/templates", text: documents.templates),
        ]
        if request.runner == .shared {
            // A new runner is tried with every application, and each is handed over to it or goes on with the old one.
            control.append(PackageFile("/triggers", text: "interest-noawait \(places.tool("tapd"))\n"))
        }
        return control + MaintainerScripts(places: places, request: request, units: units).all
    }

    /// In KiB, as dpkg-gencontrol counts: each file rounded up, one for all else.
    private static func installedSize(of laid: [LaidFile]) -> Int {
        laid.reduce(1) { $0 + ($1.digest.isEmpty ? 1 : ($1.size + 1023) / 1024) }
    }
}
