import TapData
import TapSecrets
import TapTesting
import Taproom
import Testing

@testable import TapWeb

/// The hash of `secret`, which takes a millisecond to check.
let quickHash = "$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"

@Suite(.timeLimit(.minutes(2)))
struct PasswordFileTests {
    private func problem(_ text: some Sequence<UInt8>) throws -> String {
        let folder = try TemporaryFolder()
        try folder.write(text, to: "x")
        let error = #expect(throws: PasswordFileError.self) { try PasswordFile.read(folder["x"]) }
        return error.map { $0.description.replacing(folder.path, with: "") } ?? ""
    }

    @Test func readsLinesOfAnyEnding() throws {
        let folder = try TemporaryFolder()
        try folder.write("# us\r\nada:\(quickHash)\r\n\r\nbob:\(quickHash):Bob\n\nélan:\(quickHash)", to: "x")
        let users = try PasswordFile.read(folder["x"])
        #expect(users.keys.sorted() == ["ada", "bob", "élan"])
        #expect(users["ada"]?.matches("secret") == true)
        #expect(users["bob"]?.matches("Secret") == false)
        try folder.write("", to: "empty")
        #expect(try PasswordFile.read(folder["empty"]).isEmpty)
    }

    @Test(arguments: [
        (
            "ada:$apr1$x$y",
            "the password of \"ada\" is hashed with MD5, which is guessed fast: make a new one with 'htpasswd -B -C 10'"
        ),
        (
            "ada:{SHA}x",
            "the password of \"ada\" is hashed with SHA-1 without a salt, which is guessed fast: make a new one with 'htpasswd -B -C 10'"
        ),
        (
            "ada:secret",
            "the password of \"ada\" is in plain text, or hashed with DES, which is guessed fast: make a new one with 'htpasswd -B -C 10'"
        ),
        (
            "ada:",
            "the password of \"ada\" is in plain text, or hashed with DES, which is guessed fast: make a new one with 'htpasswd -B -C 10'"
        ),
        ("ada:$argon2id$x", "the password of \"ada\" is no argon2id hash of up to 1 GiB and 16 passes"),
        ("ada", "must be written NAME:HASH"), (":x", "must be written NAME:HASH"),
        ("a\0b:x", "must be written NAME:HASH"),
        ("bob:\(quickHash)", "names \"bob\", who has a line already"),
    ])
    func namesTheLineThatCannotBeUsed(line: String, problem: String) throws {
        let text = "bob:\(quickHash)\n#\n\(line)\n"
        #expect(try self.problem(text.utf8) == "the file of passwords /x, line 3: \(problem).")
    }

    @Test func refusesFilesThatAreNone() throws {
        #expect(try problem([0xFF, 0xFE, 0x3A, 0x41]).contains("line 1: must be written NAME:HASH"))
        #expect(try problem([UInt8](repeating: 0x23, count: 5 << 20)).contains("has more than 4 MiB"))
        let error = #expect(throws: PasswordFileError.self) { try PasswordFile.read("/none") }
        #expect(
            error?.description
                == "the file of passwords /none can't be read: no such file or directory. Name a file that the user of the service may read."
        )
    }

    @Test func settingsTakeHashesAndHashPasswords() throws {
        func checked(_ value: Datum) -> (text: String?, errors: [String]) {
            let checked = Web.check(["authenticate": .object(["users": .object(["ada": value])])])
            let users = checked.canonical["authenticate"]?.object?["users"]?.object
            return (users?["ada"]?.string, checked.errors.map(\.description))
        }
        #expect(checked(.string(quickHash)).text == quickHash)
        #expect(checked("secret").text?.hasPrefix("$argon2id$v=19$") == true)
        #expect(
            checked("$apr1$abc$0123456789012345678901").errors
                == [
                    "authenticate.users.ada is hashed with MD5, which is guessed fast: make a new one with 'htpasswd -B -C 10'"
                ])
        #expect(checked("{SHA}x").errors.count == 1)
        #expect(checked(.integer(5)).errors.count == 1)
    }

    @Test func refusesSettingsThatMakeNoSense() throws {
        func problems(_ change: (inout AuthenticationSettings) throws -> Void) rethrows -> [String] {
            var settings = WebSettings()
            var authentication = AuthenticationSettings()
            try change(&authentication)
            settings.authenticate = authentication
            return settings.problems().map(\.key)
        }
        let user = try UserPassword(hash: quickHash)
        #expect(problems { _ in } == ["authenticate.users"])
        #expect(problems { $0.users = ["ada": user] } == [])
        #expect(problems { $0.required = false } == [])
        #expect(problems { ($0.required, $0.file) = (false, LocalPath("/x")) } == ["authenticate.required"])
        #expect(problems { ($0.realm, $0.file) = ("a\"b", LocalPath("/x")) } == ["authenticate.realm"])
        #expect(problems { $0.users = ["a:b": user, "": user] } == ["authenticate.users", "authenticate.users"])
    }
}
