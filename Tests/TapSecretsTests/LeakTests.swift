import Glibc
import Logging
import TapConfig
import TapControl
import TapData
import TapFile
import TapTesting
import Taproom
import Testing

/// A secret that was read is nowhere but in the service that read it.
@Suite struct LeakTests {
    private static let secret = "x9-resolved-secret"

    @Test func aSecretThatWasReadIsNotStoredShownOrLogged() async throws {
        let folder = try TemporaryFolder()
        try folder.write(Array(Self.secret.utf8), to: "token")
        let kinds = KindList([Vault.self])
        let description = "taproom: 1\nname: site\nservices: [{kind: vault, token: \"file:token\"}]\n"
        let application = try DescriptionReader.read(
            description, file: "site.yaml", folder: folder.path, kinds: kinds)
        let path = folder["site.tap"]
        try Tap.make(
            path, application, base: BaseDescription(name: "site.yaml", text: description),
            by: Authorship(author: "ada", origin: "test"))

        let lines = Lines()
        let settings = try DatumDecoder().decode(Vault.Settings.self, from: .object(application.services[0].settings))
        try await withService(Vault.self, settings: settings, logger: lines.logger) { _ in }
        #expect(lines.all.count >= 3)

        let resting = RestingApplication(path: path, kinds: kinds)
        let authorship = Authorship(author: "ada", origin: "test")
        var other = application.services[0]
        other.settings["token"] = .string("env:OTHER")
        other.name = "other"
        let request = ChangeRequest([.add(Description.datum(of: other), group: nil)])
        let outcome = try await resting.change(request, by: authorship)
        var shown = lines.all
        shown.append(JSONWriter.line(try await resting.description(at: nil)))
        shown.append(JSONWriter.line(try await resting.contents(of: nil, at: nil)))
        shown.append(JSONWriter.line(try DatumEncoder().encode(try await resting.history())))
        shown.append(JSONWriter.line(try DatumEncoder().encode(try await resting.differences(from: "1", to: nil))))
        shown += try await resting.verify()
        shown.append(JSONWriter.line(try DatumEncoder().encode(outcome)))
        #expect(shown.filter { $0.contains(Self.secret) } == [])
        #expect(shown.contains { $0.contains("file:\(folder["token"])") && $0.contains("env:OTHER") })

        let bytes = try content(of: path)
        #expect(bytes.contains("file:\(folder["token"])"), "the reference is there")
        #expect(!bytes.contains(Self.secret))
    }

    @Test func warnsOfSecretsInPlainTextWithTheirPlace() throws {
        let text = """
            taproom: 1
            services:
              - kind: vault
                token: env:TOKEN
                password: correct horse
                apiKey: hunter2
            """
        let reading = try DescriptionReader.reading(
            text, file: "site.yaml", folder: nil, kinds: KindList([Vault.self]))
        let problem =
            "looks like a secret in plain text: it is stored in the tap, and shown by export, diff and history"
        #expect(reading.warnings == ["site.yaml:6:13: services[0].apiKey \(problem)"])
        #expect(SecretLiterals.warnings(in: reading.application) == ["vault.apiKey \(problem)"])
    }

    @Test(arguments: [
        ("password", true), ("dbPassword", true), ("api-key", true), ("apiKey", true), ("APIKey", true),
        ("PRIVATE_KEY", true),
        ("token", true), ("accessToken", true), ("key", false), ("hostKey", false), ("tokenLifetime", false),
        ("passwordFile", false), ("tokenize", false), ("secrets", true), ("index", false), ("apikey", true),
    ])
    func knowsTheNamesOfSecrets(_ key: String, _ isSecret: Bool) {
        #expect(SecretLiterals.isSecret(key) == isSecret)
    }

    @Test func findsSecretsInGroupsAndLists() {
        let settings: DatumObject = [
            "database": .object(["user": "ada", "password": "x"]), "tokens": ["x", "env:Y", "$argon2id$..."],
            "credentials": .object(["user": "ada", "secret": "x"]), "secrets": .object(["a": "x"]), "port": .integer(1),
        ]
        #expect(
            SecretLiterals.paths(in: settings).map(\.text) == [
                "database.password", "tokens[0]", "credentials.secret", "secrets.a",
            ])
    }

    private func content(of path: String) throws -> String {
        guard let file = fopen(path, "r") else { throw TestFailure("\(path) is not there") }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 22)
        return String(decoding: bytes[..<fread(&bytes, 1, bytes.count, file)], as: UTF8.self)
    }
}
