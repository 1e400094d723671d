@testable import TapPackaging
import Taproom
import Testing

@Suite struct DebianPackageTests {
    @Test func holdsTheSeedTheUnitAndTheDocuments() throws {
        let package = try DebianPackage(request())
        #expect(
            package.files.map(\.path) == [
                "/lib/systemd/system/taproom-web.service",
                "/usr/share/doc/taproom-web/changelog.gz",
                "/usr/share/doc/taproom-web/copyright",
                "/usr/share/taproom-web/web.yaml",
            ])
        #expect(package.text("/usr/share/taproom-web/web.yaml") == request().description)
        #expect(package.fileName == "taproom-web_1.0_all.deb")
        #expect(package.treeName == "taproom-web-1.0")
    }

    @Test func hasNoConfigurationFiles() throws {
        #expect(try DebianPackage(request()).text("/DEBIAN/conffiles") == nil)
    }

    @Test func describesItselfToDpkg() throws {
        let package = try DebianPackage(request(summary: "The web site", longDescription: "One.\n\nTwo."))
        #expect(
            package.text("/DEBIAN/control") == """
                Package: taproom-web
                Version: 1.0
                Architecture: all
                Maintainer: Ada Lovelace <ada@example.com>
                Installed-Size: 14
                Depends: passwd, taproom (>= 0.1)
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
        let unit = try #require(package.text("/lib/systemd/system/taproom-web.service"))
        #expect(unit.contains("\nUser=www-data\nGroup=web\n"))
    }

    @Test func runsAsTheUserOfTheRunnersPackageOtherwise() throws {
        let unit = try #require(try DebianPackage(request()).text("/lib/systemd/system/taproom-web.service"))
        #expect(unit.contains("\nUser=taproom\nStateDirectory="))
    }

    @Test func takesNumbersAsTheyAreAndMakesNoUser() throws {
        let package = try DebianPackage(request(user: "33"))
        #expect(package.text("/lib/systemd/system/taproom-web.service")?.contains("\nUser=33\nGroup=33\n") == true)
        #expect(package.text("/DEBIAN/postinst")?.contains("useradd") == false)
        #expect(package.text("/DEBIAN/control")?.contains("\nDepends: taproom (>= 0.1)\n") == true)
    }

    @Test(arguments: [(UInt16(80), true), (1023, true), (1024, false), (0, false)])
    func asksForTheCapabilityOnlyBelowPort1024(port: UInt16, isAsked: Bool) throws {
        let package = try DebianPackage(request(endpoints: [.tcp(port: 8080), .tcp(port: port)]))
        let unit = try #require(package.text("/lib/systemd/system/taproom-web.service"))
        #expect(unit.contains("\nAmbientCapabilities=CAP_NET_BIND_SERVICE\n") == isAsked)
        #expect(unit.contains("\nCapabilityBoundingSet=\n") == !isAsked)
    }

    @Test func opensTheFoldersOfUnixSockets() throws {
        let paths = ["/run/taproom-web/a.sock", "/run/web/b.sock", "/run/nginx/c.sock", "/srv/50% off/d.sock"]
        let package = try DebianPackage(request(endpoints: paths.map { Endpoint(.unix(path: $0, mode: nil)) }))
        let unit = try #require(package.text("/lib/systemd/system/taproom-web.service"))
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
        #expect(package.text("/lib/systemd/system/taproom-web.service")?.contains("\nDescription=100%% web\n") == true)
    }

    @Test func systemdTakesTheUnitAndFindsItSafe() throws {
        try withTemporaryFolder { folder in
            let written = try PackageWriter(folder: folder).write(DebianPackage(request(endpoints: [.tcp(port: 80)])))
            let unit = written.tree + "/lib/systemd/system/taproom-web.service"
            guard let security = try? run("systemd-analyze", "security", "--offline=true", "--threshold=20", unit)
            else {
                return  // A machine without systemd.
            }
            #expect(security.status == 0, "\(security.output)")
            let verified = try run("systemd-analyze", "verify", "--man=no", unit)
            #expect(!verified.output.contains("ignoring"), "\(verified.output)")
        }
    }
}
