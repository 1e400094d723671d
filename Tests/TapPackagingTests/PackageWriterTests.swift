import Glibc
@testable import TapPackaging
import Taproom
import Testing

@Suite struct PackageWriterTests {
    /// What another include, the package itself, or a folder of either is.
    @Test(arguments: [
        "/srv/x", "/srv/x/y", "/usr", "/usr/share/taproom-web/web.yaml", "/usr/share/taproom-web/web.yaml/x",
    ])
    func twoThingsAreNotInstalledAtOnePath(_ path: String) throws {
        try withTemporaryFolder { folder in
            var request = request()
            request.includes = [PackageFile(path, text: "mine"), PackageFile("/srv/x", text: "yours")]
            let package = try DebianPackage(request)
            let error = try #require(throws: PackagingError.self) {
                try PackageWriter(folder: folder + "/out").write(package)
            }
            #expect(error.description.contains("two things are to be installed as"))
            #expect(error.exitStatus == .usage)
            #expect(!Disk.exists(folder + "/out"))
        }
    }

    @Test func oneThingMayBeNamedTwice() throws {
        try withTemporaryFolder { folder in
            var request = request()
            request.includes = [
                .folder("/srv"), PackageFile("/srv/x", text: "mine"), .folder("/srv"),
                PackageFile("/srv/x", text: "mine"),
            ]
            _ = try PackageWriter(folder: folder).write(DebianPackage(request))
        }
    }

    @Test func dpkgReadsTheFields() throws {
        try withTemporaryFolder { folder in
            let written = try PackageWriter(folder: folder + "/a/.build").write(DebianPackage(request()))
            #expect(written.path == folder + "/a/.build/taproom-web_1.0_all.deb")
            #expect(try contents(of: written.path).count == written.size)
            let information = try run("dpkg-deb", "-I", written.path)
            #expect(information.status == 0)
            #expect(information.output.contains("new Debian package, version 2.0."))
            #expect(try run("dpkg-deb", "-f", written.path, "Package", "Depends").output.contains("taproom (>= 0.1)"))
        }
    }

    @Test func dpkgListsFilesOfRootWithTheirModes() throws {
        try withTemporaryFolder { folder in
            let written = try PackageWriter(folder: folder).write(DebianPackage(request()))
            let lines = try run("env", "TZ=UTC", "dpkg-deb", "-c", written.path).output.split(separator: "\n")
            #expect(lines.first == "drwxr-xr-x root/root         0 2023-11-14 22:13 ./")
            #expect(lines.allSatisfy { $0.contains(" root/root ") && $0.contains(" 2023-11-14 22:13 ") })
            #expect(lines.contains { $0.hasPrefix("-rw-r--r--") && $0.hasSuffix("./usr/share/taproom-web/web.yaml") })
        }
    }

    @Test func dpkgUnpacksWhatTheTreeShows() throws {
        try withTemporaryFolder { folder in
            let written = try PackageWriter(folder: folder).write(DebianPackage(request()))
            #expect(try run("dpkg-deb", "-R", written.path, folder + "/unpacked").status == 0)
            let difference = try run("diff", "-r", folder + "/unpacked", written.tree)
            #expect(difference.status == 0, "\(difference.output)")
            let check = try run("sh", "-c", "cd '\(written.tree)' && md5sum --quiet --strict -c DEBIAN/md5sums")
            #expect(check.status == 0, "\(check.output)")
        }
    }

    @Test func equalRequestsGiveEqualBytes() throws {
        try withTemporaryFolder { folder in
            let first = try PackageWriter(folder: folder + "/1").write(DebianPackage(request()))
            let second = try PackageWriter(folder: folder + "/2").write(DebianPackage(request()))
            let third = try PackageWriter(folder: folder + "/3").write(DebianPackage(request(date: 1)))
            #expect(try contents(of: first.path) == contents(of: second.path))
            #expect(try contents(of: first.path) != contents(of: third.path))
        }
    }

    @Test func longPathsSurvive() throws {
        try withTemporaryFolder { folder in
            // With the name of the application the path in the archive is 99, 100, 101 and more characters long.
            for length in [34, 35, 36, 37, 38, 64] {
                let application = String(repeating: "x", count: length)
                let package = try DebianPackage(
                    request(application: application, name: "p" + String(repeating: "y", count: 46)))
                let written = try PackageWriter(folder: folder).write(package)
                let target = "\(folder)/unpacked-\(length)"
                #expect(try run("dpkg-deb", "-x", written.path, target).status == 0)
                for file in package.files {
                    #expect(try .bytes(contents(of: target + file.path)) == file.content)
                }
            }
        }
    }

    @Test func replacesAnEarlierTree() throws {
        try withTemporaryFolder { folder in
            let writer = PackageWriter(folder: folder)
            let tree = try writer.write(DebianPackage(request(application: "old", name: "site"))).tree
            _ = try writer.write(DebianPackage(request(application: "web", name: "site")))
            #expect(Disk.exists(tree + "/usr/share/site/web.yaml"))
            #expect(!Disk.exists(tree + "/usr/share/site/old.yaml"))
        }
    }

    @Test func leavesAFolderThatIsNoTreeAlone() throws {
        try withTemporaryFolder { folder in
            let tree = folder + "/taproom-web-1.0"
            try Disk.makeFolder(tree + "/precious")
            #expect(throws: PackagingError.occupied(folder: tree)) {
                try PackageWriter(folder: folder).write(DebianPackage(request()))
            }
            #expect(Disk.exists(tree + "/precious"))
            #expect(!Disk.exists(folder + "/taproom-web_1.0_all.deb"))
        }
    }

    @Test func saysWhereItCannotWrite() throws {
        let error = try #require(throws: PackagingError.self) {
            try PackageWriter(folder: "/proc/nowhere").write(DebianPackage(request()))
        }
        #expect(error.description.hasPrefix("cannot make the folder /proc/nowhere: "))
        #expect(error.exitStatus == .cannotCreate)
    }

    @Test func leavesNoTemporaryFileWhenTheNameIsTaken() throws {
        try withTemporaryFolder { folder in
            try Disk.makeFolder(folder + "/taproom-web_1.0_all.deb")
            #expect(throws: PackagingError.self) { try PackageWriter(folder: folder).write(DebianPackage(request())) }
            #expect(try run("ls", folder).output == "taproom-web_1.0_all.deb\n")
        }
    }

    @Test func leavesNoFolderThatItMadeForNothing() throws {
        try withTemporaryFolder { folder in
            var request = request()
            request.includes = [PackageFile("/srv/page", .file(folder + "/gone"))]
            let package = try DebianPackage(request)
            for place in ["new", "old"] {
                if place == "old" { try Disk.makeFolder(folder + "/old") }
                #expect(throws: PackagingError.self) { try PackageWriter(folder: "\(folder)/\(place)").write(package) }
            }
            #expect(try run("ls", folder).output == "old\n")
        }
    }
}
