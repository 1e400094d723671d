import ArgumentParser
import TapData
import Taproom
import TapTesting
import Testing

@Suite struct ServiceKindTests {
    private func check(_ given: DatumObject, folder: String? = nil) -> CheckedSettings {
        Greeter.check(given, folder: folder)
    }

    @Test func storesGivenKeysInTheOrderOfTheSchema() {
        let checked = check(["greeting": .string("Hi"), "listen": .string("tcp:080")])
        #expect(checked.errors.isEmpty)
        #expect(JSONWriter.line(.object(checked.canonical)) == #"{"listen":"tcp:80","greeting":"Hi"}"#)
        #expect(checked.endpoints == [.tcp(port: 80)])
    }

    @Test func storesEndpointsEvenWhenTheyAreTheDefault() {
        #expect(JSONWriter.line(.object(check([:]).canonical)) == #"{"listen":"tcp:7000"}"#)
    }

    @Test func storesAGivenValueThatIsTheDefault() {
        #expect(check(["greeting": .string("Hello")]).canonical["greeting"] == .string("Hello"))
    }

    @Test func takesRelativePathsFromTheFolderOfTheDescription() {
        #expect(check(["folder": .string("www")], folder: "/srv").canonical["folder"] == .string("/srv/www"))
        #expect(check(["folder": .string("www")]).canonical["folder"] == .string("www"))
    }

    @Test(
        arguments: [
            [:], ["listen": .array([.string("tcp:1")])], ["listen": .array([])],
            ["listen": .array([.string("tcp:1"), .string("tcp:2")])],
            ["folder": .null], ["folder": .string("/a")], ["limits": .object([:])],
            ["limits": .object(["clients": .integer(3)])],
            ["limits": .object(["wait": .string("120s")])], ["greeting": .string("é\n")],
        ] as [DatumObject])
    func theCanonicalFormOfACanonicalFormIsTheSame(given: DatumObject) throws {
        let once = check(given)
        #expect(once.errors.isEmpty)
        let stored = try #require(try JSONReader.read(JSONWriter.line(.object(once.canonical))).datum.object)
        let twice = check(stored)
        #expect(twice.errors.isEmpty)
        #expect(JSONWriter.line(.object(twice.canonical)) == JSONWriter.line(.object(once.canonical)))
    }

    @Test func tellsEverythingThatIsWrongAtOnce() {
        let checked = check([
            "lisetn": .string("tcp:1"), "greeting": .integer(5), "listen": .array([.string("tcp:x")]),
            "limits": .object(["clients": .string("many"), "wiat": .null]),
        ])
        #expect(
            checked.errors.map(\.description) == [
                "lisetn is not known here. Did you mean \"listen\"?", "greeting must be text, but is 5",
                "listen[0] is no endpoint: \"tcp:x\". The port must be a number from 0 to 65535.",
                "limits.clients must be a whole number, but is text \"many\"",
            ])
    }

    @Test func asksTheKindWhenAllTypesAreRight() {
        let checked = check(["limits": .object(["clients": .integer(0)])])
        #expect(checked.errors.map(\.description) == ["limits.clients must be from 1 to 1000, but is 0"])
        #expect(checked.errors.first?.path == [.key("limits"), .key("clients")])
    }

    @Test func aKindThatHasConnectionsRefusesDatagramsWhereTheyAreWritten() {
        let checked = check(["listen": .array(["tcp:80", "udp:53"])])
        #expect(
            checked.errors.map(\.description)
                == ["listen[1] must be tcp:, tls:, unix: or systemd:, for the kind \"greeter\" takes no datagrams"])
    }

    @Test func aCommandLineStoresWhatDiffersFromTheDefaults() throws {
        var settings = Greeter.Settings()
        #expect(try Greeter.canonical(settings).keys == ["listen"])
        settings.limits.clients = 5
        #expect(
            try JSONWriter.line(.object(Greeter.canonical(settings)))
                == #"{"listen":"tcp:7000","limits":{"clients":5,"wait":"30s"}}"#)
    }

    @Test(
        arguments: [
            ([], "tcp:7000"), (["--port", "80"], "tcp:80"), (["-p", "80", "--listen", "unix:/a"], "tcp:80 unix:/a"),
        ] as [([String], String)])
    func readsListenOptions(arguments: [String], expected: String) throws {
        let endpoints = try Greeter.Options.parse(arguments).settings().endpoints
        #expect(endpoints.map(\.description).joined(separator: " ") == expected)
    }

    @Test(arguments: [
        (["--port", "http"], "--port must be a number from 0 to 65535, but is \"http\"."),
        (
            ["--listen", "x"],
            "--listen is no endpoint: \"x\". An endpoint is written tcp:PORT, tls:PORT, udp:PORT, unix:PATH or systemd:NAME."
        ),
    ])
    func refusesListenOptions(arguments: [String], expected: String) throws {
        let error = #expect(throws: (any Error).self) { try Greeter.Options.parse(arguments).settings() }
        #expect(error.map { Greeter.Options.message(for: $0) } == expected)
    }

    @Test func aListOfKindsOffersTheNearestWord() throws {
        let kinds = KindList([Greeter.self])
        #expect(try (kinds.kind("greeter") as? CompiledKind)?.type is Greeter.Type)
        let error = #expect(throws: UnknownKind.self) { try kinds.kind("greter") }
        #expect(error?.description == "no kind is called \"greter\". Did you mean \"greeter\"?")
    }
}
