@testable import TapPackaging
import Taproom
import Testing

@Suite struct RPMScriptletsTests {
    private static let requests = [
        request(), request(endpoints: [.tcp(port: 80)]), request(user: "ada"), request(user: "ada", group: "staff"),
        request(user: "33"), request(application: "My_Site", user: "0", group: "web", name: "g++"),
    ]

    private func withScripts(_ request: PackageRequest, _ body: (_ folder: String, _ names: [String]) throws -> Void)
        throws
    {
        try withRPM(request) { package throws in
            let folder = package.written.tree + "/RPM"
            try body(folder, ["pre", "post", "preun", "postun", "triggerin"].map { "\(folder)/\($0)" })
        }
    }

    @Test(arguments: requests) func shellsTakeTheScripts(request: PackageRequest) throws {
        try withScripts(request) { _, scripts in
            for script in scripts {
                for shell in ["sh", "bash"] {
                    let checked = try run(shell, "-n", script)
                    #expect(checked.status == 0, "\(checked.output)")
                }
            }
        }
    }

    @Test(.enabled(if: isInstalled("shellcheck")), arguments: requests)
    func shellcheckFindsNothing(request: PackageRequest) throws {
        try withScripts(request) { _, scripts in
            let checked = try run("shellcheck", "--shell=sh", more: scripts)
            #expect(checked.status == 0, "\(checked.output)")
        }
    }

    /// What the scripts of the old version do to a service that the new version has just taken over.
    @Test(arguments: [("1", ""), ("0", "--no-reload --quiet disable --now taproom-web.service taproom-web.socket\n")])
    func onlyErasingTheLastVersionStopsTheService(remaining: String, calls: String) throws {
        try withScripts(request(endpoints: [.tcp(port: 80)])) { folder, _ in
            let programs = folder + "/programs"
            try Disk.makeFolder(programs)
            let log = folder + "/log"
            try Disk.renew(log, mode: 0o644, content: [])
            let program = "#!/bin/sh\n[ \"$1\" = daemon-reload ] || echo \"$*\" >>'\(log)'\n"
            try Disk.renew(programs + "/systemctl", mode: 0o755, content: Array(program.utf8))
            for script in ["preun", "postun"] {
                let ran = try run(
                    "sh", "-c", "PATH='\(programs)':\"$PATH\" sh '\(folder)/\(script)' \(remaining)")
                #expect(ran.status == 0, "\(ran.output)")
            }
            #expect(try String(decoding: contents(of: log), as: UTF8.self) == calls)
        }
    }

    @Test func aNewRunnerIsTriedWithTheApplication() throws {
        try withRPM(request()) { package throws in
            #expect(try package.lines("--triggers").first == "triggerin scriptlet (using /bin/sh) -- taproom")
        }
    }

    @Test func makesTheAccountBeforeTheFilesAreThere() throws {
        try withScripts(request(user: "ada", group: "staff")) { folder, _ in
            let script = try String(decoding: contents(of: folder + "/pre"), as: UTF8.self)
            #expect(
                script.contains(
                    """
                    if command -v systemd-sysusers >/dev/null; then
                        printf '%s\\n' 'g staff -' 'u ada -:staff "Taproom application taproom-web" /var/lib/taproom-web' | \\
                            systemd-sysusers --replace=/usr/lib/sysusers.d/taproom-web.conf -
                    else
                        getent group staff >/dev/null || groupadd --system staff
                    """))
        }
    }
}
