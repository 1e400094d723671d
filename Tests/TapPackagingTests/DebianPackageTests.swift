@testable import TapPackaging
import Taproom
import Testing

@Suite struct DebianPackageTests {
    @Test func holdsTheSeedTheUnitAndTheDocuments() throws {
        let package = try DebianPackage(request())
        #expect(
            package.files.map(\.path).sorted() == [
                "/etc/taproom-web/web.yaml",
                "/lib/systemd/system/taproom-web.service",
                "/usr/lib/sysusers.d/taproom-web.conf",
                "/usr/lib/tmpfiles.d/taproom-web.conf",
                "/usr/sbin/taproom-web",
                "/usr/share/bash-completion/completions/taproom-web",
                "/usr/share/doc/taproom-web/changelog.gz",
                "/usr/share/doc/taproom-web/copyright",
                "/usr/share/man/man8/taproom-web.8.gz",
                "/usr/share/taproom-web/web.yaml",
            ])
        #expect(try package.text("/usr/share/taproom-web/web.yaml") == request().description)
        #expect(package.fileName == "taproom-web_1.0_all.deb")
        #expect(package.treeName == "taproom-web-1.0")
    }

    /// So that dpkg has nothing to ask about at an upgrade.
    @Test func theDescriptionInEtcIsTheSameInEveryVersion() throws {
        let first = try DebianPackage(request())
        let second = try DebianPackage(request(endpoints: [.tcp(port: 9)], version: "2.0", summary: "x", date: 1))
        #expect(try first.text("/DEBIAN/conffiles") == "/etc/taproom-web/web.yaml\n")
        #expect(try first.text("/etc/taproom-web/web.yaml") == second.text("/etc/taproom-web/web.yaml"))
    }

    @Test func describesItselfToDpkg() throws {
        let package = try DebianPackage(request(summary: "The web site", longDescription: "One.\n\nTwo."))
        #expect(
            try package.text("/DEBIAN/control") == """
                Package: taproom-web
                Version: 1.0
                Architecture: all
                Maintainer: Ada Lovelace <ada@example.com>
                Installed-Size: 31
                Depends: debconf (>= 0.5) | debconf-2.0, passwd, taproom (>= 0.1)
                Section: net
                Priority: optional
                Description: The web site
                 One.
                 .
                 Two.

                """)
    }

    @Test func fileNamesHaveNoEpoch() throws {
        let package = try DebianPackage(request(version: "2:1.0-3"))
        #expect(package.fileName == "taproom-web_1.0-3_all.deb")
        #expect(package.files.contains { $0.path.hasSuffix("/changelog.Debian.gz") })
    }

    @Test func runsAsTheUserOfTheApplication() throws {
        let package = try DebianPackage(request(user: "www-data", group: "web"))
        let unit = try #require(try package.text("/lib/systemd/system/taproom-web.service"))
        #expect(unit.contains("\nUser=www-data\nGroup=web\n"))
    }

    @Test(arguments: [
        ("taproom-web", "taproom-web"), ("g++.x", "g---x"), ("3proxy", "t3proxy"),
        (String(repeating: "n", count: 40), String(repeating: "n", count: 31)),
    ])
    func runsAsAUserOfItsOwnOtherwise(name: String, user: String) throws {
        let package = try DebianPackage(request(name: name))
        let unit = try package.files.first { $0.path.hasSuffix(".service") }.flatMap { try package.text($0.path) }
        #expect(unit?.contains("\nUser=\(user)\nStateDirectory=") == true)
        #expect(PackageRequest.isAccountName(user))
    }

    @Test func takesNumbersAsTheyAreAndMakesNoUser() throws {
        let package = try DebianPackage(request(user: "33"))
        #expect(try package.text("/lib/systemd/system/taproom-web.service")?.contains("\nUser=33\nGroup=33\n") == true)
        #expect(try package.text("/DEBIAN/postinst")?.contains("useradd") == false)
        #expect(
            try package.text("/DEBIAN/control")?.contains("Depends: debconf (>= 0.5) | debconf-2.0, taproom (>= 0.1)\n")
                == true)
    }

    @Test(arguments: [(UInt16(80), true), (1023, true), (1024, false), (0, false)])
    func systemdBindsPortsBelow1024(port: UInt16, isBound: Bool) throws {
        let package = try DebianPackage(request(endpoints: [.tcp(port: 8080), .tcp(port: port)]))
        let unit = try #require(try package.text("/lib/systemd/system/taproom-web.service"))
        #expect(unit.contains("\nCapabilityBoundingSet=\n"))
        #expect(unit.contains("\nRequires=taproom-web.socket\n") == isBound)
        let socket = try package.text("/lib/systemd/system/taproom-web.socket")
        #expect(socket?.contains("\nListenStream=\(port)\nBindIPv6Only=both\n") ?? false == isBound)
    }

    @Test func theServiceBindsThemItselfWhenThatIsAskedFor() throws {
        var request = request(endpoints: [.tcp(port: 80)])
        request.bindsLowPorts = true
        let package = try DebianPackage(request)
        let unit = try #require(try package.text("/lib/systemd/system/taproom-web.service"))
        #expect(unit.contains("\nAmbientCapabilities=CAP_NET_BIND_SERVICE\n"))
        #expect(!package.files.contains { $0.path.hasSuffix(".socket") })
    }

    @Test func opensTheFoldersOfUnixSockets() throws {
        let paths = ["/run/taproom-web/a.sock", "/run/web/b.sock", "/run/nginx/c.sock", "/srv/50% off/d.sock"]
        let package = try DebianPackage(request(endpoints: paths.map { Endpoint(.unix(path: $0, mode: nil)) }))
        let unit = try #require(try package.text("/lib/systemd/system/taproom-web.service"))
        #expect(
            unit.contains(
                """
                RuntimeDirectory=taproom-web
                RuntimeDirectory=web
                ReadWritePaths=-/run/nginx
                ReadWritePaths="-/srv/50%% off"
                """))
    }

    @Test func theUnitOfANameWithAPlusHasAnUnderscore() throws {
        let package = try DebianPackage(request(name: "web++"))
        #expect(package.files.contains { $0.path == "/lib/systemd/system/web__.service" })
    }

    @Test func percentSignsMeanNothingToSystemd() throws {
        let package = try DebianPackage(request(summary: "100% web"))
        #expect(
            try package.text("/lib/systemd/system/taproom-web.service")?.contains("\nDescription=100%% web\n") == true)
    }

    /// An exposure of 1.5 where systemd binds low ports, of 2.0 where the service does it itself.
    @Test(arguments: [(false, 15), (true, 20)])
    func systemdTakesTheUnitsAndFindsThemSafe(bindsLowPorts: Bool, threshold: Int) throws {
        try withTemporaryFolder { folder in
            var request = request(endpoints: [.tcp(port: 80)])
            request.bindsLowPorts = bindsLowPorts
            let written = try PackageWriter(folder: folder).write(DebianPackage(request))
            let unit = written.tree + "/lib/systemd/system/taproom-web.service"
            guard
                let security = try? run(
                    "systemd-analyze", "security", "--offline=true", "--threshold=\(threshold)", unit)
            else {
                return  // A machine without systemd.
            }
            #expect(security.status == 0, "\(security.output)")
            let verified = try run("systemd-analyze", "verify", "--man=no", unit)
            #expect(!verified.output.contains("ignoring"), "\(verified.output)")
        }
    }
}
