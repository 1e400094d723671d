import TapCompression
import Taproom

/// A container image of an application: an OCI image layout in a tar, with one layer on nothing.
///
/// The formats are those of the OCI Image Format Specification 1.1. What reads images reads this: it has no parts that came
/// after version 1.0, unless zstd is asked for.
package struct OCIImage: PackageFormat {
    package let files: [PackageFile]
    package let controlFolder = "OCI"
    private let request: PackageRequest
    private let documents: ImageDocuments
    private let version: Substring

    /// Makes the image of an application whose program is in it, with the libraries that this process has loaded.
    ///
    /// Throws ``PackagingError/invalid(_:)`` with all mistakes at once, ``PackagingError/program(path:problem:)`` and
    /// `SystemCallError`.
    package init(_ request: PackageRequest) throws { try self.init(request, finder: .ofThisProcess()) }

    init(_ request: PackageRequest, finder: LibraryFinder) throws {
        guard case .bundled(let program) = request.runner else {
            preconditionFailure("nothing but what is in an image runs it")
        }
        var problems = request.problems
        if PackageRequest.isPackageName(request.name), !ImageName.isName(request.name) {
            problems.append(.imageName(request.name))
        }
        guard problems.isEmpty else { throw PackagingError.invalid(problems) }
        self.request = request
        version = request.version.firstIndex(of: ":").map { request.version[$0...].dropFirst() } ?? request.version[...]
        let places = InstancePlaces(request)
        let account = ImageAccount(places.account)
        documents = ImageDocuments(
            places: places, request: request, architecture: program.architecture, account: account,
            name: ImageName(name: request.name, version: version))
        files = try ImageFiles(places: places, request: request, account: account, finder: finder).all()
    }

    package var fileName: String {
        "\(request.name)_\(version)_\(documents.architecture.debianName).oci.tar"
    }
    package var treeName: String { "\(request.name)-\(version)-oci" }

    package func installation(of path: String) -> String { "podman load --input \(path)" }

    package func pack(_ tree: PackageTree, into output: OutputFile) throws {
        let laid = try tree.lay(files, digest: NoDigest.self)
        let data = try output.companion()
        let compression = request.compression ?? .gzip
        var (plain, packed) = (SHA256(), SHA256())
        let sink: ByteSink = { bytes in
            packed.add(bytes)
            try data.write(bytes)
        }
        try compression.compress(into: sink) { sink in
            let archive = try TarStream(date: request.date, prefix: "") { bytes in
                plain.add(bytes)
                try sink(bytes)
            }
            for file in laid { try archive.add(file) }
            try archive.finish()
        }
        let layer = ImageBlob(
            mediaType: ImageDocuments.layerType(compression), digest: packed.finish(), size: data.count)
        let parts = parts(layer, difference: plain.finish())
        _ = try tree.layControl(parts.control)
        try write(parts.files, layer, data, into: output)
    }

    /// The documents as files of the layout, and as those who look at the tree read them.
    private func parts(_ layer: ImageBlob, difference: [UInt8]) -> (files: [PackageFile], control: [PackageFile]) {
        let configuration = documents.configuration(difference: difference)
        let configurationBlob = ImageBlob(ImageDocuments.configurationType, configuration)
        let manifest = documents.manifest(configuration: configurationBlob, layer: layer)
        let manifestBlob = ImageBlob(ImageDocuments.manifestType, manifest)
        let index = documents.index(manifest: manifestBlob)
        let files = [
            PackageFile("/oci-layout", content: documents.layout),
            PackageFile("/index.json", content: index),
            PackageFile(
                "/manifest.json", content: documents.dockerManifest(configuration: configurationBlob, layer: layer)),
            PackageFile.folder("/blobs"),
            PackageFile.folder("/blobs/sha256"),
            PackageFile("/" + configurationBlob.path, content: configuration),
            PackageFile("/" + manifestBlob.path, content: manifest),
        ]
        let control = [("config", configuration), ("manifest", manifest), ("index", index)].map {
            PackageFile("/\($0).json", content: $1)
        }
        return (files, control)
    }

    /// Writes the layout: documents first, so that readers know early what they have.
    private func write(
        _ files: [PackageFile], _ layer: ImageBlob, _ data: OutputFile, into output: OutputFile
    ) throws {
        let archive = try TarStream(date: request.date, prefix: "") { try output.write($0) }
        for file in files { try archive.add(LaidFile(file: file, place: "", size: file.size)) }
        try archive.begin(
            LaidFile(file: PackageFile("/" + layer.path, .bytes([])), place: "", size: layer.size))
        try data.read(from: 0) { try archive.write($0) }
        try archive.end()
        try archive.finish()
    }
}

extension ImageBlob {
    /// A document of the image.
    fileprivate init(_ mediaType: String, _ bytes: [UInt8]) {
        self.init(mediaType: mediaType, digest: SHA256.of(bytes), size: bytes.count)
    }
}
