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
            for script in ["postinst", "prerm", "postrm"] {
                let path = "\(tree)/DEBIAN/\(script)"
                #expect(try run("stat", "-c", "%a", path).output == "755\n")
                for shell in ["sh", "bash"] {
                    let checked = try run(shell, "-n", path)
                    #expect(checked.status == 0, "\(checked.output)")
                }
            }
        }
    }

    @Test func makesTheUserOnlyIfItIsMissing() throws {
        let script = try #require(try DebianPackage(request(user: "ada", group: "staff")).text("/DEBIAN/postinst"))
        #expect(
            script.contains(
                """
                if ! getent group staff >/dev/null; then
                    groupadd --system staff
                fi
                if ! getent passwd ada >/dev/null; then
                    useradd --system --gid staff --no-create-home --home-dir /nonexistent \\
                        --shell /usr/sbin/nologin ada
                fi

                """))
    }

    @Test func takesAGroupOfTheUsersNameThatIsThere() throws {
        let script = try #require(try DebianPackage(request(user: "ada")).text("/DEBIAN/postinst"))
        #expect(
            script.contains(
                """
                if ! getent passwd ada >/dev/null; then
                    own=--user-group
                    if getent group ada >/dev/null; then
                        own='--gid ada'
                    fi
                    # shellcheck disable=SC2086 # Two words.
                    useradd --system $own --no-create-home --home-dir /nonexistent \\
                        --shell /usr/sbin/nologin ada
                fi

                """))
    }

    @Test func makesTheLiveTapAsTheUserOfTheService() throws {
        let script = try #require(try DebianPackage(request()).text("/DEBIAN/postinst"))
        #expect(script.contains("user=taproom\ngroup=$(id -gn \"$user\")\n"))
        #expect(script.contains("if [ ! -e \"$tap\" ] && [ ! -L \"$tap\" ]; then\n"))
        #expect(
            script.contains("/usr/bin/mktap --from /usr/share/taproom-web/web.yaml --output \"$tap\" >/dev/null\n"))
    }

    @Test func takesNoFolderOverThatHasNoTap() throws {
        let package = try DebianPackage(request())
        #expect(
            package.text("/DEBIAN/postinst")?.contains(
                "elif [ ! -e \"$tap\" ] && [ ! -L \"$tap\" ] && [ -n \"$(ls -A \"$state\")\" ]; then\n") == true)
        #expect(package.text("/DEBIAN/postrm")?.contains("elif [ -d \"$state\" ] && ! rmdir \"$state\"") == true)
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
