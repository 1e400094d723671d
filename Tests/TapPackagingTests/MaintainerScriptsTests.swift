@testable import TapPackaging
import Taproom
import Testing

@Suite struct MaintainerScriptsTests {
    private static let requests = [
        request(), request(user: "ada"), request(user: "ada", group: "staff"), request(user: "33"),
        request(group: "33"),
        request(application: "My_Site", user: "0", group: "web", name: "g++"),
    ]

    @Test(arguments: requests)
    func shellsTakeTheScripts(request: PackageRequest) throws {
        try withTemporaryFolder { folder in
            let tree = try PackageWriter(folder: folder).write(DebianPackage(request)).tree
            for script in ["config", "preinst", "postinst", "prerm", "postrm"] {
                let path = "\(tree)/DEBIAN/\(script)"
                #expect(try run("stat", "-c", "%a", path).output == "755\n")
                for shell in ["sh", "bash"] {
                    let checked = try run(shell, "-n", path)
                    #expect(checked.status == 0, "\(checked.output)")
                }
            }
        }
    }

    @Test func shellcheckFindsNothing() throws {
        try withTemporaryFolder { folder in
            for (index, request) in Self.requests.enumerated() {
                let tree = try PackageWriter(folder: "\(folder)/\(index)").write(DebianPackage(request)).tree
                let scripts = ["preinst", "postinst", "prerm", "postrm"].map { "\(tree)/DEBIAN/\($0)" }
                // A list of units may have one element.
                let options = "--exclude=SC1091,SC2154,SC2002,SC2043"
                guard let checked = try? run("shellcheck", options, more: scripts) else { return }
                #expect(checked.status == 0, "\(checked.output)")
            }
        }
    }

    @Test func theRunnersNewProgramTriggersAHandover() throws {
        #expect(try DebianPackage(request()).text("/DEBIAN/triggers") == "interest-noawait /usr/bin/tapd\n")
    }

    @Test func takesNoFolderOverThatHasNoTap() throws {
        let package = try DebianPackage(request())
        #expect(
            try package.text("/DEBIAN/postinst")?.contains(
                "elif [ ! -e \"$tap\" ] && [ ! -L \"$tap\" ] && [ -n \"$(ls -A \"$state\")\" ]; then\n") == true)
        #expect(try package.text("/DEBIAN/postrm")?.contains("elif [ -d \"$state\" ] && ! rmdir \"$state\"") == true)
    }

    @Test func lintianFindsNothing() throws {
        try withTemporaryFolder { folder in
            let written = try PackageWriter(folder: folder).write(DebianPackage(request(endpoints: [.tcp(port: 80)])))
            guard let checked = try? run("lintian", "--allow-root", "--fail-on", "error,warning", written.path) else {
                return  // A machine without lintian.
            }
            #expect(checked.status == 0, "\(checked.output)")
        }
    }
}
