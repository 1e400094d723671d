import Glibc
import TapData
@testable import TapPackaging
import Taproom
import Testing

/// What `--include` puts into a package, and what it refuses.
@Suite struct PackageIncludeTests {
    private func included(_ folder: String, target: String = "") throws -> [String: PackageFile] {
        let files = try PackageInclude(folder + target, package: "site").files()
        return Dictionary(uniqueKeysWithValues: files.map { ($0.path, $0) })
    }

    @Test func takesFilesFoldersAndLinksWithModesOfAPackage() throws {
        try withTemporaryFolder { folder in
            let script = "mkdir -p pages/empty; echo a >pages/a; chmod 600 pages/a; echo b >pages/b; chmod 750 pages/b"
            _ = try run("sh", "-c", "cd '\(folder)' && \(script); ln -s ../pages/a pages/up; ln -s . pages/here")
            let files = try included(folder + "/pages")
            let root = "/usr/share/site/pages"
            #expect(files[root + "/a"]?.mode == 0o644)
            #expect(files[root + "/b"]?.mode == 0o755)
            #expect(files[root + "/empty"]?.content == .folder)
            // The way out of the folder and in again is not in the package.
            #expect(files[root + "/up"]?.content == .link(to: "a"))
            #expect(files[root + "/here"]?.content == .link(to: "."))
            #expect(files.count == 6)
        }
    }

    @Test func aLinkToAnAbsolutePathInsideIsMadeRelative() throws {
        try withTemporaryFolder { folder in
            try Disk.makeFolder(folder + "/pages/deep")
            try Disk.renew(folder + "/pages/a", mode: 0o644, content: [])
            symlink(folder + "/pages/a", folder + "/pages/deep/link")
            #expect(
                try included(folder + "/pages", target: "=/srv/x")["/srv/x/deep/link"]?.content == .link(to: "../a"))
        }
    }

    @Test(arguments: ["/etc/passwd", "../other", "deep/../../x"])
    func aLinkThatLeavesTheTreeIsRefused(target: String) throws {
        try withTemporaryFolder { folder in
            try Disk.makeFolder(folder + "/pages")
            symlink(target, folder + "/pages/link")
            let error = try #require(throws: PackagingError.self) { try included(folder + "/pages") }
            #expect(error.description.contains("/pages/link can't be included: it is a link to \(target), which"))
            #expect(error.exitStatus == .noInput)
        }
    }

    @Test func whatIsNoFileAndNamesThatNobodyCanWriteAreRefused() throws {
        try withTemporaryFolder { folder in
            try Disk.makeFolder(folder + "/pipe")
            mkfifo(folder + "/pipe/fifo", 0o600)
            #expect(throws: PackagingError.self) { try included(folder + "/pipe") }
            try Disk.makeFolder(folder + "/line")
            try Disk.renew(folder + "/line/a\nb", mode: 0o644, content: [])
            #expect(throws: PackagingError.self) { try included(folder + "/line") }
            #expect(throws: PackagingError.self) { try included(folder + "/missing") }
            #expect(throws: PackagingError.self) { try included(folder, target: "=relative") }
            #expect(throws: PackagingError.self) { try included(folder, target: "=/a/../b") }
            #expect(throws: PackagingError.self) { try included("", target: "=/srv/x") }
        }
    }

    @Test func theTargetIsThePathThatItMeans() throws {
        try withTemporaryFolder { folder in
            try Disk.renew(folder + "/a", mode: 0o644, content: [])
            #expect(try included(folder + "/a", target: "=//srv/./x//y/").keys.elementsEqual(["/srv/x/y"]))
        }
    }

    @Test func knowsWhatWouldBeWrittenIntoItself() throws {
        try withTemporaryFolder { folder in
            try Disk.makeFolder(folder + "/pages/deep")
            let include = try PackageInclude(folder + "/pages", package: "site")
            for path in ["", "/deep", "/deep/new", "/new/newer", "/deep/../other"] {
                #expect(include.holds(folder + "/pages" + path))
            }
            for path in ["", "/pages2", "/new/pages", "/pages/../new"] { #expect(!include.holds(folder + path)) }
            #expect(!include.holds("new"))
        }
    }

    @Test func settingsThatNameItNameTheTarget() throws {
        try withTemporaryFolder { folder in
            try Disk.makeFolder(folder + "/pages")
            var application = Application(name: "web")
            var service = ServiceDefinition(name: "web", kind: "web")
            service.settings["static"] = .string(folder + "/pages")
            service.settings["index"] = .array([.string(folder + "/pages/a.html"), .string(folder + "/pages2")])
            application.services = [service]
            application.moves(try PackageInclude(folder + "/pages", package: "site"))
            let settings = application.services[0].settings
            #expect(settings["static"] == .string("/usr/share/site/pages"))
            #expect(
                settings["index"] == .array([.string("/usr/share/site/pages/a.html"), .string(folder + "/pages2")]))
        }
    }

    @Test func whatIsIncludedIsInThePackageWithItsBytes() throws {
        try withTemporaryFolder { folder in
            let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }
            try Disk.makeFolder(folder + "/pages")
            try Disk.renew(folder + "/pages/large", mode: 0o644, content: bytes)
            for compression in Compression.allCases {
                var request = request()
                request.includes = try PackageInclude(folder + "/pages=/srv/pages", package: "site").files()
                request.compression = compression
                let written = try PackageWriter(folder: "\(folder)/\(compression)").write(DebianPackage(request))
                #expect(try run("dpkg-deb", "-x", written.path, "\(folder)/\(compression)/out").status == 0)
                #expect(try contents(of: "\(folder)/\(compression)/out/srv/pages/large") == bytes)
            }
        }
    }

    @Test func aPackageCannotInstallWhatIsItsOwnOrTheSystems() {
        for path in ["/etc/taproom-web/x", "/var/lib/taproom-web/x", "/proc/x", "/run/x"] {
            var request = request()
            request.includes = [PackageFile(path, text: "x")]
            #expect(request.problems == [.includePath(path)])
        }
    }

    @Test func aFolderThatAPackageCannotInstallIsNamedOnce() {
        var request = request()
        request.includes = [.folder("/run/x"), PackageFile("/run/x/1", text: ""), PackageFile("/run/x/2", text: "")]
        request.includes += [PackageFile("/run/xy", text: "")]
        #expect(request.problems == [.includePath("/run/x"), .includePath("/run/xy")])
    }
}
