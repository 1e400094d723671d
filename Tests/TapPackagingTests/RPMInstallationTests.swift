import Glibc
@testable import TapPackaging
import Taproom
import Testing

/// What rpm does with the packages in a root without anything else; tools/check-rpm lets them live in a whole system.
@Suite(.enabled(if: isInstalled("rpm") && getuid() == 0)) struct RPMInstallationTests {
    private func rpm(_ root: String, _ words: String...) throws {
        let options = ["--root", root, "--dbpath", "/var/lib/rpm"]
        let ran = try run("env", "LC_ALL=C", "rpm", more: options + words)
        #expect(ran.status == 0, "rpm \(words): \(ran.output)")
    }

    @Test func keepsWhatWasWrittenIntoTheDescriptionAndItsState() throws {
        try withTemporaryFolder { folder in
            let root = folder + "/root"
            let first = try PackageWriter(folder: folder).write(RPMPackage(request())).path
            let second = try PackageWriter(folder: folder).write(RPMPackage(request(version: "1.1"))).path
            try Disk.makeFolder(root + "/var/lib/taproom-web")
            try Disk.renew(root + "/var/lib/taproom-web/web.tap", mode: 0o600, content: [1])
            try rpm(root, "-i", "--nodeps", "--noscripts", "--notriggers", first)
            try rpm(root, "-V", "--nodeps", "--noscripts", "taproom-web")

            let description = root + "/etc/taproom-web/web.yaml"
            unlink(description)
            try Disk.renew(description, mode: 0o644, content: Array("mine".utf8))
            try rpm(root, "-U", "--nodeps", "--noscripts", "--notriggers", second)
            #expect(try contents(of: description) == Array("mine".utf8))
            #expect(!Disk.exists(description + ".rpmnew"))
            try rpm(root, "-e", "--noscripts", "--notriggers", "taproom-web")
            #expect(try contents(of: description + ".rpmsave") == Array("mine".utf8))
            #expect(try contents(of: root + "/var/lib/taproom-web/web.tap") == [1])
            #expect(!Disk.exists(root + "/usr/share/taproom-web"))
        }
    }

    @Test func takesNoFolderOfTheSystemOver() throws {
        try withTemporaryFolder { folder in
            var request = request()
            request.includes = [.folder("/srv"), .folder("/srv/site"), PackageFile("/opt/a/b/file", text: "x")]
            let written = try PackageWriter(folder: folder).write(RPMPackage(request))
            let root = folder + "/root"
            for name in ["/srv", "/usr", "/usr/share"] {
                try Disk.makeFolder(root + name)
                chmod(root + name, 0o555)
            }
            try rpm(root, "-i", "--nodeps", "--noscripts", "--notriggers", written.path)
            #expect(
                try run("stat", "-c", "%a", root + "/srv", root + "/usr", root + "/usr/share").output
                    == "555\n555\n555\n")
            let listed = try run("rpm", "-qpl", written.path).output.split(separator: "\n")
            #expect(listed.contains("/srv/site") && !listed.contains("/srv") && !listed.contains("/opt/a"))
        }
    }
}
