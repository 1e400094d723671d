import TapData
import Taproom

/// A part of an image that others name by its checksum (OCI Image Format Specification 1.1, "Content Descriptors").
struct ImageBlob {
    let mediaType: String
    let digest: [UInt8]
    let size: Int

    /// The place of the blob in a layout, below its root.
    var path: String { "blobs/sha256/" + digest.hexadecimal }

    /// How others name it.
    var descriptor: DatumObject {
        ["mediaType": .string(mediaType), "digest": .string(digest.imageText), "size": .integer(Int64(size))]
    }
}

extension [UInt8] {
    /// A checksum by SHA-256 as documents of images write it.
    var imageText: String { "sha256:" + hexadecimal }
}

/// The documents of an image: what is run, what it consists of, and what it is called.
struct ImageDocuments {
    let places: InstancePlaces
    let request: PackageRequest
    let architecture: PackageArchitecture
    let account: ImageAccount
    let name: ImageName

    /// The configuration (OCI Image Format Specification 1.1, "Image Configuration").
    ///
    /// `difference` is the checksum of the layer before it was compressed.
    func configuration(difference: [UInt8]) -> [UInt8] {
        let time = Datum.string(UTCTime(secondsSince1970: request.date).text)
        return document([
            "created": time, "author": .string(request.maintainer), "architecture": architectureName, "os": "linux",
            "config": .object(process),
            "rootfs": .object(["type": "layers", "diff_ids": [.string(difference.imageText)]]),
            "history": [.object(["created": time, "created_by": "tap2oci", "author": .string(request.maintainer)])],
        ])
    }

    /// The manifest (OCI Image Format Specification 1.1, "Image Manifest").
    func manifest(configuration: ImageBlob, layer: ImageBlob) -> [UInt8] {
        document([
            "schemaVersion": .integer(2), "mediaType": .string(Self.manifestType),
            "config": .object(configuration.descriptor), "layers": [.object(layer.descriptor)],
            "annotations": .object(words),
        ])
    }

    /// The index of the layout, with one image in it (OCI Image Format Specification 1.1, "Image Layout").
    func index(manifest: ImageBlob) -> [UInt8] {
        var descriptor = manifest.descriptor
        descriptor["annotations"] = .object(["org.opencontainers.image.ref.name": .string(name.text)])
        descriptor["platform"] = .object(["architecture": architectureName, "os": "linux"])
        return document([
            "schemaVersion": .integer(2), "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": [.object(descriptor)],
        ])
    }

    /// What `docker load` reads where it does not read layouts yet: the manifest of `docker save`, which names the same
    /// files.
    func dockerManifest(configuration: ImageBlob, layer: ImageBlob) -> [UInt8] {
        let image: DatumObject = [
            "Config": .string(configuration.path), "RepoTags": [.string(name.text)], "Layers": [.string(layer.path)],
        ]
        return Array((JSONWriter.pretty([.object(image)]) + "\n").utf8)
    }

    /// What says that a folder is a layout, of which version.
    var layout: [UInt8] { document(["imageLayoutVersion": "1.0.0"]) }

    static let manifestType = "application/vnd.oci.image.manifest.v1+json"
    static let configurationType = "application/vnd.oci.image.config.v1+json"

    /// The type of a layer: zstd came with version 1.1.
    static func layerType(_ compression: Compression) -> String {
        "application/vnd.oci.image.layer.v1.tar+\(compression.rawValue)"
    }

    private var architectureName: Datum { .string(architecture.imageName ?? "") }

    /// What is run, and how.
    private var process: DatumObject {
        var ports = DatumObject()
        for endpoint in request.endpoints {
            switch endpoint.address {
            case .tcp(let port, _): ports["\(port)/tcp"] = .object([:])
            case .udp(let port, _): ports["\(port)/udp"] = .object([:])
            case .unix, .systemd: break
            }
        }
        var process: DatumObject = ["User": .string(account.text)]
        if !ports.isEmpty { process["ExposedPorts"] = .object(ports) }
        process["Env"] = [.string("PATH=" + places.programs)]
        process["Entrypoint"] = .array(of: entrypoint)
        process["Volumes"] = .object([places.state: .object([:])])
        process["WorkingDir"] = .string(places.state)
        process["Labels"] = .object(words)
        process["StopSignal"] = "SIGTERM"
        return process
    }

    /// Makes the tap where there is none, merges the description with it, and runs it.
    private var entrypoint: [String] {
        [places.tool("tapd"), "-y", places.description, "--tap", places.tap, "--on-conflict", "running"]
            + (request.state == nil ? [] : ["--state", places.seedState])
    }

    /// What the image is (OCI Image Format Specification 1.1, "Annotations").
    private var words: DatumObject {
        let words: [(String, String?)] = [
            ("title", request.name), ("version", request.version), ("description", request.summary),
            ("created", UTCTime(secondsSince1970: request.date).text), ("authors", request.maintainer),
            ("licenses", request.license), ("url", request.homepage),
        ]
        return words.reduce(into: [:]) { $0["org.opencontainers.image." + $1.0] = $1.1.map(Datum.string) }
    }

    private func document(_ object: DatumObject) -> [UInt8] { Array((JSONWriter.pretty(.object(object)) + "\n").utf8) }
}
