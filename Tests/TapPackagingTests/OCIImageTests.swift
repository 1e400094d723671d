import Glibc
import TapData
@testable import TapPackaging
import Taproom
import Testing

@Suite struct OCIImageTests {
    /// An image whose program is one of this machine.
    private func image(
        user: String? = nil, endpoints: [Endpoint] = [.tcp(port: 8080)],
        _ change: (inout PackageRequest) -> Void = { _ in }
    ) throws -> OCIImage {
        var request = request(user: user, endpoints: endpoints)
        request.runner = .bundled(try BundledProgram("/bin/echo", finder: LibraryFinder()))
        change(&request)
        return try OCIImage(request, finder: LibraryFinder())
    }

    /// Writes an image and unpacks its layout and its layer.
    private func withImage(
        _ image: OCIImage, _ body: (_ written: PackageWriter.Result, _ layout: String, _ root: String) throws -> Void
    ) throws {
        try withTemporaryFolder { folder in
            let written = try PackageWriter(folder: folder).write(image)
            let script = """
                set -e; mkdir "$1/layout" "$1/root"; tar -xf "$2" -C "$1/layout"
                for blob in "$1"/layout/blobs/sha256/*; do
                    if tar -tf "$blob" >/dev/null 2>&1; then tar -xf "$blob" -C "$1/root"; fi
                done
                """
            let unpacked = try run("sh", "-c", script, "sh", folder, written.path)
            try #require(unpacked.status == 0, "\(unpacked.output)")
            try body(written, folder + "/layout", folder + "/root")
        }
    }

    private func document(_ path: String) throws -> DatumObject {
        try #require(JSONReader.read(String(decoding: contents(of: path), as: UTF8.self)).datum.object)
    }

    /// The configuration of an image, as its tree shows it.
    private func configuration(_ image: OCIImage) throws -> DatumObject {
        var configuration = DatumObject()
        try withTemporaryFolder { folder in
            let tree = try PackageWriter(folder: folder).write(image).tree
            configuration = try document(tree + "/OCI/config.json")
        }
        return configuration
    }

    @Test func checksumsLeadFromTheIndexToTheFiles() throws {
        try withImage(image()) { written, layout, _ in
            let sums = try run("sh", "-c", "cd '\(layout)/blobs/sha256' && sha256sum *").output.split(separator: "\n")
            #expect(sums.count == 3)
            for sum in sums { #expect(sum.prefix(64) == sum.suffix(64)) }
            let index = try document(layout + "/index.json")
            let text = try #require(
                JSONWriter.line(.object(index)).firstMatch(of: /"digest":"sha256:(\w+)","size":(\d+)/))
            let manifest = try contents(of: "\(layout)/blobs/sha256/\(text.1)")
            #expect(Int(text.2) == manifest.count)
            #expect(try manifest == contents(of: written.tree + "/OCI/manifest.json"))
            let layer = try #require(
                String(decoding: manifest, as: UTF8.self).split(separator: "layers").last?.firstMatch(
                    of: /sha256:(\w+)/))
            let plain = try run("sh", "-c", "zcat '\(layout)/blobs/sha256/\(layer.1)' | sha256sum").output
            #expect(
                try configurationText(written).contains("\"sha256:\(plain.prefix(64))\""),
                "the layer before compression")
        }
    }

    private func configurationText(_ written: PackageWriter.Result) throws -> String {
        try String(decoding: contents(of: written.tree + "/OCI/config.json"), as: UTF8.self)
    }

    @Test func skopeoReadsIt() throws {
        try withImage(image { $0.homepage = "https://example.com" }) { written, _, _ in
            for kind in ["oci-archive", "docker-archive"] {
                let found = try run("skopeo", "inspect", "\(kind):\(written.path)")
                #expect(found.status == 0, "\(found.output)")
                #expect(found.output.contains("\"org.opencontainers.image.url\": \"https://example.com\""))
                #expect(found.output.contains("\"Created\": \"2023-11-14T22:13:20Z\""))
            }
        }
    }

    @Test func saysWhatIsRunAndHow() throws {
        let found = try configuration(image(endpoints: [.tcp(port: 8080), Endpoint("unix:/run/web/web.sock")]))
        #expect(found["os"] == "linux")
        let process = try #require(found["config"]?.object)
        #expect(process["User"] == "10001:10001")
        #expect(process["ExposedPorts"] == .object(["8080/tcp": .object([:])]))
        #expect(process["Volumes"] == .object(["/var/lib/taproom-web": .object([:])]))
        #expect(process["StopSignal"] == "SIGTERM")
        #expect(process["Env"] == ["PATH=/usr/lib/taproom-web"])
        #expect(
            process["Entrypoint"] == [
                "/usr/lib/taproom-web/tapd", "-y", "/etc/taproom-web/web.yaml", "--tap", "/var/lib/taproom-web/web.tap",
                "--on-conflict", "running",
            ])
    }

    @Test func aNewTapBeginsWithTheStateThatWasPackaged() throws {
        let image = try image { $0.state = Array("{}\n".utf8) }
        let process = try #require(try configuration(image)["config"]?.object)
        guard case .array(let words)? = process["Entrypoint"] else { throw PackagingError.tooLarge }
        #expect(words.suffix(2) == ["--state", "/usr/share/taproom-web/web.state"])
        #expect(image.files.contains { $0.path == "/usr/share/taproom-web/web.state" })
    }

    @Test func everythingIsRootsButWhatTheApplicationWritesTo() throws {
        let endpoints = [try Endpoint("unix:/run/web/web.sock")]
        try withImage(image(user: "4000000000", endpoints: endpoints)) { _, layout, _ in
            let list = try run(
                "sh", "-c",
                "for b in '\(layout)'/blobs/sha256/*; do TZ=UTC tar -tvzf $b --numeric-owner 2>/dev/null; done"
            ).output.split(separator: "\n")
            let owned = list.filter { !$0.contains(" 0/0 ") }
            #expect(owned.allSatisfy { $0.contains(" 4000000000/4000000000 ") && $0.contains(" 2023-11-14 22:13 ") })
            #expect(
                owned.compactMap { $0.split(separator: " ").last } == [
                    "run/web/", "var/lib/taproom-web/", "var/log/taproom-web/",
                ])
            #expect(list.contains { $0.hasPrefix("drwx------ 4000000000") && $0.hasSuffix(" var/lib/taproom-web/") })
            #expect(list.contains { $0.hasPrefix("drwxrwxrwt 0/0") && $0.hasSuffix(" tmp/") })
        }
    }

    @Test func theProgramRunsWithTheLoaderAndTheLibrariesInside() throws {
        try withImage(image()) { _, _, root in
            let loader = try #require(try ELFFile("/bin/echo").interpreter)
            let libraries = try run("sh", "-c", "dirname $(find '\(root)' -name libc.so.6)").output
            // By way of the loader, for only root may change the root folder.
            let found = try run(
                root + loader, "--library-path", String(libraries.dropLast()), "--inhibit-cache",
                root + "/usr/lib/taproom-web/tapd", "it", "runs")
            #expect(found.output == "it runs\n")
        }
    }

    @Test func namesAndNumbersOfUsersAreInside() throws {
        try withImage(image(user: "www")) { _, _, root in
            let passwd = try String(decoding: contents(of: root + "/etc/passwd"), as: UTF8.self)
            #expect(passwd.contains("\nwww:x:10001:10001:"))
            #expect(try !contents(of: root + "/etc/nsswitch.conf").isEmpty)
        }
    }

    @Test func equalRequestsGiveEqualImages() throws {
        try withTemporaryFolder { folder in
            let first = try PackageWriter(folder: folder + "/1").write(image())
            let before = umask(0o077)
            defer { umask(before) }
            let second = try PackageWriter(folder: folder + "/2").write(image())
            #expect(try contents(of: first.path) == contents(of: second.path))
        }
    }

    @Test func zstdIsForThoseWhoAskForIt() throws {
        try withImage(image { $0.compression = .zstd }) { written, _, root in
            let manifest = try String(decoding: contents(of: written.tree + "/OCI/manifest.json"), as: UTF8.self)
            #expect(manifest.contains("application/vnd.oci.image.layer.v1.tar+zstd"))
            #expect(Disk.exists(root + "/usr/lib/taproom-web/tapd"))
        }
    }

    @Test func theTreeShowsWhatIsInTheImage() throws {
        try withImage(image()) { written, _, root in
            let difference = try run("diff", "-r", "--no-dereference", "--exclude=OCI", root, written.tree)
            #expect(difference.status == 0, "\(difference.output)")
        }
    }
}
