import Glibc
import TapTesting
import Testing

/// Secrets as systemd hands them to a service (LoadCredential).
@Suite(.serialized, .timeLimit(.minutes(5)))
struct CredentialTests {
    private let bench: Bench

    init() throws {
        bench = try Bench()
        try bench.folder.makeFolder("credentials")
    }

    private func run(_ tool: String, _ arguments: String...) async throws -> Program.Outcome {
        try await Program.run(
            "\(Bench.programs)/\(tool)", arguments, in: bench.folder.path,
            environment: ["CREDENTIALS_DIRECTORY": bench.folder["credentials"]])
    }

    @Test func aPassphraseOpensWhatItClosed() async throws {
        try bench.folder.write("correct horse\n", to: "credentials/taproom.passphrase")
        #expect(try await run("mktap", "-e", "web", "--static", ".").status == 0)
        #expect(try await run("tapctl", "export", "web.tap", "--plain").output.hasPrefix("taproom: 1\nname: web\n"))
        try bench.folder.write("battery staple\n", to: "credentials/taproom.passphrase")
        let refused = try await run("tapctl", "export", "web.tap", "--plain")
        #expect(refused.errors == "tapctl: web.tap: the passphrase does not open it.\n")
    }

    @Test func aPassphraseThatCannotBeIsRefused() async throws {
        try bench.folder.write("\n", to: "credentials/taproom.passphrase")
        let empty = try await run("mktap", "-e", "web", "--static", ".")
        #expect(empty.status == 77)
        #expect(empty.errors == "mktap: the credential taproom.passphrase: the passphrase is empty.\n")
        try bench.folder.write(String(repeating: "a", count: 1_048_577), to: "credentials/taproom.passphrase")
        let long = try await run("mktap", "-e", "web", "--static", ".")
        #expect(long.status == 77)
        #expect(
            long.errors.contains("the credential can't be read: file too large. It must have 1048576 bytes or fewer."))
    }
}
