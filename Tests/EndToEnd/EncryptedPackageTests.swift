import Glibc
import TapTesting
import Testing

/// Packages of encrypted taps: everyone can read a package, so nothing gets into one that nobody said may.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct EncryptedPackageTests {
    private static let maintainer = ["-m", "Ada Lovelace <ada@example.com>"]
    private let bench: Bench

    init() async throws {
        bench = try Bench()
        try bench.folder.write("correct horse\n", to: "pass")
        try bench.folder.write("battery staple\n", to: "other")
    }

    private func makeWeb(_ words: String...) async throws {
        let listen = ["--listen", "tcp:8080:interface=127.0.0.1"]
        let outcome = try await bench.run("mktap", words + ["web"] + listen)
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    private func pack(_ words: String...) async throws -> Program.Outcome {
        try await bench.run("tap2deb", Self.maintainer + words)
    }

    private func hasMadeNothing(_ bench: Bench) -> Bool { access(bench.folder[".build"], F_OK) != 0 }

    /// What the package shows, read as dpkg would.
    private func seed(_ name: String) async throws -> String {
        let unpacking =
            "dpkg-deb --fsys-tarfile .build/taproom-\(name)_1.0_all.deb | tar -xO ./usr/share/taproom-\(name)"
        return try await Program.run("sh", ["-c", unpacking], in: bench.folder.path).output
    }

    @Test func isOpenedWhenThatIsAskedFor() async throws {
        try await makeWeb("-e", "--passphrase-file", "pass")
        for words in [["-e"], ["--encrypted"], ["-e", "Pages of Ada", "-e"]] {
            let made = try await bench.run(
                "tap2deb", Self.maintainer + ["-t", "web.tap", "--passphrase-file", "pass"] + words)
            #expect(made.status == 0)
            #expect(
                made.errors
                    == "tap2deb: warning: web.tap is encrypted; the package with its settings, and the tap that is made of it, are not.\n"
            )
            #expect(try await seed("web").contains("listen: tcp:8080:interface=127.0.0.1"))
        }
        let summary = try await Program.run(
            "dpkg-deb", ["-f", ".build/taproom-web_1.0_all.deb", "Description"], in: bench.folder.path)
        #expect(summary.output.hasPrefix("Pages of Ada\n"))
    }

    @Test func isRefusedOtherwiseAndLeavesNothing() async throws {
        try await makeWeb("-e", "--passphrase-file", "pass")
        let unsaid = try await pack("-t", "web.tap", "--passphrase-file", "pass")
        #expect(unsaid.status == 77)
        #expect(
            unsaid.errors == """
                tap2deb: web.tap: is encrypted, and everyone can read a package. With -e (--encrypted) its settings are put \
                into the package in the clear.

                """)
        let wrong = try await pack("-e", "-t", "web.tap", "--passphrase-file", "other")
        #expect(wrong.status == 77)
        #expect(wrong.errors == "tap2deb: web.tap: the passphrase does not open it.\n")
        #expect(try await pack("-e", "-t", "web.tap", "--passphrase-file", "none").status == 66)
        #expect(hasMadeNothing(bench))
    }

    @Test func whatIsNotEncryptedIsNotSaidToBe() async throws {
        try await makeWeb()
        let outcome = try await pack("-e", "-t", "web.tap", "--passphrase-file", "pass")
        #expect(outcome.status == 64)
        #expect(outcome.errors.hasPrefix("tap2deb: web.tap: is not encrypted. "))
        #expect(hasMadeNothing(bench))
    }

    @Test func secretsStayInIt() async throws {
        try bench.folder.write(
            """
            taproom: 1
            name: site
            services:
              - kind: web
                listen: tcp:8080
                routes:
                  - path: /cgi-bin
                    cgi: {folder: /srv/cgi-bin, environment: {API_KEY: hunter2, DB_PASSWORD: "file:/run/key"}}
            """, to: "site.yaml")
        try await bench.done("mktap", "--from", "site.yaml", "-e", "--passphrase-file", "pass", "-o", "sealed.tap")
        let exported = try await bench.done("tapctl", "export", "sealed.tap", "--passphrase-file", "pass")
        try bench.folder.write(exported, to: "sealed.yaml")
        for (file, type) in [("sealed.tap", "tap"), ("sealed.yaml", "yaml")] {
            let refused = try await pack("-e", "-t", file, "-y", type, "--passphrase-file", "pass")
            #expect(refused.status == 77)
            #expect(
                refused.errors == """
                    tap2deb: \(file): web.routes[0].cgi.environment.API_KEY looks like a secret, and everyone can read a \
                    package. Refer to it instead: file:, env: or credential:.

                    """)
            #expect(try await pack("-t", file, "-y", type, "--passphrase-file", "pass").status == 77)
        }
        #expect(hasMadeNothing(bench))
        // One in the clear, which shows it anyway, is packaged, but not in silence.
        let plain = try await pack("-t", "site.yaml", "-y", "yaml")
        #expect(plain.status == 0)
        #expect(
            plain.errors == """
                tap2deb: warning: site.yaml: web.routes[0].cgi.environment.API_KEY looks like a secret in plain text, and \
                everyone can read a package.

                """)
    }

    @Test(arguments: ["tap2deb", "tap2rpm", "tap2oci"])
    func whatServicesRememberStaysInItToo(_ tool: String) async throws {
        let bench = try Bench(program: "fibonacci")
        try bench.folder.write("correct horse\n", to: "pass")
        try bench.folder.write(
            """
            {"taproom-state":1}
            {"service":"fibonacci","cell":"sequence","version":1,"value":{"first":"5","second":"8"}}
            {"taproom-state":"end"}

            """, to: "five.state")
        try await bench.done(
            "mktap", "-e", "--passphrase-file", "pass", "--state", "five.state", "fibonacci", "--listen", "tcp:1123")
        let words = ["-e", "-t", "fibonacci.tap", "--passphrase-file", "pass", "--bundle", "--compression", "zstd"]
        let refused = try await bench.run(tool, Self.maintainer + words)
        #expect(refused.status == 77)
        #expect(refused.errors.hasSuffix("remember. Leave it out with --without-state.\n"), "\(refused.errors)")
        #expect(hasMadeNothing(bench))
        let made = try await bench.run(tool, Self.maintainer + words + ["--without-state"])
        #expect(made.status == 0, "\(made.errors)")
        let seed = "find .build -path '*/usr/share/taproom-fibonacci/fibonacci.*'"
        let files = try await Program.run("sh", ["-c", seed], in: bench.folder.path).output
        #expect(files.split(separator: "\n").map { $0.hasSuffix("/fibonacci.yaml") } == [true])
    }
}
