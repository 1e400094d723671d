import Glibc
import TapData
import TapTesting
import Taproom
import Testing

@Suite struct SecretTests {
    private func file(_ contents: String, permissions: mode_t = 0o600) throws -> (TemporaryFolder, Secret) {
        let folder = try TemporaryFolder()
        try folder.write(Array(contents.utf8), to: "secret")
        chmod(folder["secret"], permissions)
        return (folder, Secret(.file(LocalPath(folder["secret"]))))
    }

    @Test(arguments: ["file:/etc/token", "env:SITE_TOKEN", "env:_a1", "credential:site.token", "file:/a:b"])
    func aReferenceIsStoredAsItIs(_ text: String) throws {
        #expect(Secret(text)?.description == text)
        #expect(Vault.check(["token": .string(text)]).canonical["token"] == .string(text))
    }

    @Test func aRelativePathIsTakenFromTheFolderOfTheDescription() {
        #expect(Vault.check(["token": "file:token"], folder: "/srv").canonical["token"] == .string("file:/srv/token"))
    }

    @Test(
        arguments: [
            .string("hunter2"), .string("file:"), .string("env:a b"), .string("env:1a"), .string("credential:a/b"),
            .string("https://hunter2"), .integer(4711), .array([.string("hunter2")]),
        ] as [Datum])
    func aLiteralIsRefusedAndNotRepeated(_ value: Datum) {
        #expect(
            Vault.check(["token": value]).errors.map(\.description) == [
                "token must be a reference to a secret and not the secret itself: file:PATH, env:NAME or credential:NAME"
            ])
    }

    @Test(arguments: [("a b", "a b"), ("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), ("\na", "\na"), ("a\r", "a\r")])
    func oneEndOfLineIsNotPartOfAFile(_ contents: String, _ secret: String) throws {
        let (folder, reference) = try file(contents)
        defer { withExtendedLifetime(folder) {} }
        #expect(try reference.resolve().bytes == Array(secret.utf8))
    }

    @Test func aVariableIsTakenAsItIs() throws {
        setenv("TAPROOM_TEST_SECRET", "a\n", 1)
        #expect(try Secret(.environment(name: "TAPROOM_TEST_SECRET")).resolve().text() == "a\n")
    }

    @Test func whatCannotBeReadIsNamedWithItsReason() throws {
        func problem(_ secret: Secret?) -> String? {
            do throws(SecretError) {
                _ = try secret?.resolve().text()
                return nil
            } catch {
                return error.description
            }
        }
        #expect(
            problem(Secret("file:/no/such/file"))
                == "the secret file:/no/such/file can't be read: no such file or directory")
        #expect(
            problem(Secret("env:TAPROOM_NO_SUCH")) == "the secret env:TAPROOM_NO_SUCH is not set in the environment")
        let credential = problem(Secret("credential:taproom-no-such"))
        #expect(credential == "the secret credential:taproom-no-such was not handed over by the service manager")
        let (empty, emptySecret) = try file("\n")
        #expect(problem(emptySecret) == "the secret file:\(empty["secret"]) is empty")
        let (large, largeSecret) = try file(String(repeating: "a", count: 65_537))
        #expect(problem(largeSecret) == "the secret file:\(large["secret"]) has more than 65536 bytes")
        let (full, fullSecret) = try file(String(repeating: "a", count: 65_536) + "\r\n")
        #expect(problem(fullSecret) == nil)
        withExtendedLifetime(full) {}
        try large.write([0xFF, 0x41], to: "secret")
        #expect(problem(largeSecret) == "the secret file:\(large["secret"]) is not text in UTF-8")
    }

    @Test(arguments: [(0o600, false), (0o640, false), (0o644, true)] as [(mode_t, Bool)])
    func warnsOfAFileThatEverybodyMayRead(_ permissions: mode_t, _ isWarned: Bool) throws {
        let (folder, reference) = try file("hunter2", permissions: permissions)
        defer { withExtendedLifetime(folder) {} }
        let lines = Lines()
        _ = try reference.resolve(logger: lines.logger)
        #expect(lines.all.count == (isWarned ? 1 : 0))
        #expect(lines.all.allSatisfy { $0.contains(folder["secret"]) && !$0.contains("hunter2") })
    }

    @Test func aValueShowsNothingOfItself() throws {
        let (folder, reference) = try file("hunter2")
        defer { withExtendedLifetime(folder) {} }
        let value = try reference.resolve()
        var dumped = ""
        dump(value, to: &dumped)
        for text in ["\(value)", String(reflecting: value), dumped, "\([value])", "\(Optional(value) as Any)"] {
            #expect(!text.contains("hunter2") && !text.contains("104"))
        }
    }
}
