@testable import TapPackaging
import Taproom
import Testing

@Suite(.enabled(if: isInstalled("rpm"))) struct RPMPackageTests {
    @Test func rpmListsWhatIsInstalled() throws {
        try withRPM(request(endpoints: [.tcp(port: 80)])) { package throws in
            #expect(
                try package.lines("--list") == [
                    "/etc/taproom-web",
                    "/etc/taproom-web/web.yaml",
                    "/usr/lib/systemd/system/taproom-web.service",
                    "/usr/lib/systemd/system/taproom-web.socket",
                    "/usr/lib/sysusers.d/taproom-web.conf",
                    "/usr/lib/tmpfiles.d/taproom-web.conf",
                    "/usr/sbin/taproom-web",
                    "/usr/share/bash-completion/completions/taproom-web",
                    "/usr/share/doc/taproom-web",
                    "/usr/share/doc/taproom-web/README",
                    "/usr/share/licenses/taproom-web",
                    "/usr/share/licenses/taproom-web/LICENSE",
                    "/usr/share/man/man8/taproom-web.8.gz",
                    "/usr/share/taproom-web",
                    "/usr/share/taproom-web/web.yaml",
                ])
        }
    }

    @Test func rpmReadsTheFields() throws {
        var request = request(version: "2:1.5~rc1-3", summary: "The web site", longDescription: "One.\n\nTwo.")
        request.homepage = "https://example.com"
        request.license = "MIT"
        try withRPM(request) { package throws in
            #expect(package.written.path.hasSuffix("/taproom-web-1.5~rc1-3.noarch.rpm"))
            #expect(package.written.tree.hasSuffix("/taproom-web-1.5~rc1-3.noarch"))
            #expect(
                try package.query("--info") == """
                    Name        : taproom-web
                    Epoch       : 2
                    Version     : 1.5~rc1
                    Release     : 3
                    Architecture: noarch
                    Install Date: (not installed)
                    Group       : net
                    Size        : \(package.query("--queryformat", "%{size}"))
                    License     : MIT
                    Signature   : (none)
                    Source RPM  : taproom-web-1.5~rc1-3.src.rpm
                    Build Date  : Tue Nov 14 22:13:20 2023
                    Build Host  : reproducible
                    Packager    : Ada Lovelace <ada@example.com>
                    URL         : https://example.com
                    Summary     : The web site
                    Description :
                    One.

                    Two.

                    """)
            #expect(
                try package.query("--changelog").hasPrefix(
                    "* Tue Nov 14 2023 Ada Lovelace <ada@example.com> - 2:1.5~rc1-3\n- Package the application web"))
        }
    }

    @Test func rpmKnowsConfigurationDocumentsAndTheLicense() throws {
        try withRPM(request()) { package throws in
            #expect(try package.lines("--configfiles") == ["/etc/taproom-web/web.yaml"])
            #expect(
                try package.lines("--docfiles") == [
                    "/usr/share/doc/taproom-web/README", "/usr/share/man/man8/taproom-web.8.gz",
                ])
            #expect(try package.lines("--licensefiles") == ["/usr/share/licenses/taproom-web/LICENSE"])
            let flags = try package.lines("--queryformat", "[%{filenames} %{fileflags:fflags}\n]")
            #expect(flags.contains("/etc/taproom-web/web.yaml cn"))
        }
    }

    @Test(arguments: Compression.allCases)
    func rpmFindsAllChecksumsRight(compression: Compression) throws {
        var request = request()
        request.compression = compression
        try withRPM(request) { package throws in
            let check = try run("env", "LC_ALL=C", "rpm", "-Kv", "--nosignature", package.written.path)
            #expect(check.status == 0)
            #expect(
                check.output == """
                    \(package.written.path):
                        Header SHA256 digest: OK
                        Header SHA1 digest: OK
                        Payload SHA256 digest: OK
                        MD5 digest: OK

                    """)
            let digests = try package.query("--queryformat", "%{payloaddigest} %{payloaddigestalt} %{longarchivesize}")
            let parts = digests.split(separator: " ")
            let payload = package.folder + "/payload"
            #expect(try run("sh", "-c", "rpm2cpio '\(package.written.path)' >'\(payload)'").status == 0)
            let bytes = try contents(of: payload)
            #expect(SHA256.of(bytes).hexadecimal == parts[1])
            #expect("\(bytes.count)" == parts[2])
        }
    }

    @Test(.enabled(if: isInstalled("cpio"))) func cpioUnpacksWhatTheTreeShows() throws {
        var request = request()
        request.includes = [
            .folder("/srv/site"), .link("/srv/site/start", to: "empty/.."), .folder("/srv/site/empty"),
            PackageFile("/srv/site/nothing", content: []),
            PackageFile("/srv/site/run", mode: 0o755, text: "#!/bin/sh\n"),
            PackageFile("/srv/site/ü ", content: [UInt8](repeating: 7, count: 100_001)),
        ]
        try withRPM(request) { package throws in
            let unpacked = package.folder + "/unpacked"
            try Disk.makeFolder(unpacked)
            let cpio = try run(
                "sh", "-c", "cd '\(unpacked)' && rpm2cpio '\(package.written.path)' | cpio -id --quiet")
            #expect(cpio.status == 0, "\(cpio.output)")
            let difference = try run(
                "diff", "-r", "--no-dereference", "--exclude=RPM", unpacked, package.written.tree)
            #expect(difference.status == 0, "\(difference.output)")
        }
    }

    @Test func equalRequestsGiveEqualBytes() throws {
        try withRPM(request()) { first throws in
            try withRPM(request()) { second throws in
                #expect(try contents(of: first.written.path) == contents(of: second.written.path))
            }
            try withRPM(request(date: 1)) { other throws in
                #expect(try contents(of: first.written.path) != contents(of: other.written.path))
            }
        }
    }

    @Test func readsPackagesOfManyFilesWithLongNames() throws {
        var request = request()
        request.includes = (0..<500).map { number in
            PackageFile("/srv/\(String(repeating: "x", count: 1 + number % 250))/\(number)", text: "\(number)")
        }
        try withRPM(request) { package throws in
            #expect(try run("rpm", "-K", "--nosignature", package.written.path).status == 0)
            #expect(try package.lines("--list").filter { $0.hasPrefix("/srv/") }.count == 500)
        }
    }

    @Test func theFolderRPMShowsTheHeaderAndTheScripts() throws {
        try withRPM(request()) { package throws in
            let folder = package.written.tree + "/RPM"
            #expect(try run("ls", folder).output == "header\npost\npostun\npre\npreun\ntriggerin\n")
            let header = try String(decoding: contents(of: folder + "/header"), as: UTF8.self)
            #expect(header.contains("\n%config(noreplace) %attr(0644, root, root) /etc/taproom-web/web.yaml\n"))
            let scripts = try package.query("--queryformat", "%{prein}%{postin}%{preun}%{postun}%{triggerscripts}")
            let shown = try ["pre", "post", "preun", "postun", "triggerin"].map {
                try String(decoding: contents(of: "\(folder)/\($0)"), as: UTF8.self)
            }
            #expect(scripts == shown.joined())
        }
    }

    @Test func nothingInItIsOfDebian() throws {
        var request = request(endpoints: [.tcp(port: 80)])
        request.runner = .bundled(
            BundledProgram(path: "/bin/true", architecture: .x86, debianDependencies: ["libc6"], libraryNames: []))
        for request in [request, TapPackagingTests.request()] {
            try withRPM(request) { package throws in
                let found = try run(
                    "grep", "-rniE", "dpkg|debian|debconf|apt-get|apt install|/var/backups|maintainer script", "-I",
                    "--exclude=tapd", package.written.tree)
                #expect(found.status == 1, "\(found.output)")
            }
        }
    }

    @Test(arguments: [(PackageArchitecture.x86, "x86_64"), (.arm, "aarch64")])
    func aProgramInThePackageBringsItsMachineAndItsLibraries(machine: PackageArchitecture, name: String) throws {
        var request = request()
        request.runner = .bundled(
            BundledProgram(
                path: "/bin/true", architecture: machine, debianDependencies: ["libc6"],
                libraryNames: ["libc.so.6(GLIBC_2.36)(64bit)"]))
        try withRPM(request) { package throws in
            #expect(package.written.path.hasSuffix("/taproom-web-1.0-1.\(name).rpm"))
            #expect(try package.query("--queryformat", "%{arch}") == name)
            let requires = try package.lines("--requires")
            #expect(
                requires.contains("libc.so.6(GLIBC_2.36)(64bit)") && !requires.contains { $0.hasPrefix("taproom ") })
            #expect(try package.lines("--triggers").isEmpty)
            let files = try package.lines("--list")
            #expect(files.contains("/usr/libexec/taproom-web") && files.contains("/usr/libexec/taproom-web/tapd"))
        }
    }

    @Test func neverTellsAnyoneToRemoveAUserOfOthers() throws {
        try withRPM(request()) { package throws in
            let readme = package.written.tree + "/usr/share/doc/taproom-web/README"
            #expect(try run("grep", "-c", "userdel taproom-web", readme).output == "1\n")
        }
        try withRPM(request(user: "www-data")) { package throws in
            let readme = package.written.tree + "/usr/share/doc/taproom-web/README"
            #expect(try run("grep", "-c", "userdel", readme).output == "0\n")
        }
    }
}
