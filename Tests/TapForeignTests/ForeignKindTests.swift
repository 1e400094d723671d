import TapConfig
import TapData
import TapTesting
import Taproom
import Testing

@testable import TapForeign

/// A kind from a manifest: its settings are checked, stored and shown like those of any other.
struct ForeignKindTests {
    private let folder: TemporaryFolder
    private let kind: ForeignKind

    init() throws {
        folder = try TemporaryFolder()
        kind = ForeignKind(
            try manifest(
                """
                settings:
                  listen: {type: endpoint, default: tcp:80, list: true, meaning: Where it listens.}
                  root: {type: path, meaning: What it shows.}
                  mode: {words: [fast, safe], default: safe, live: true, meaning: How.}
                  limits.idle: {type: duration, default: 10s, from: 1s, to: 1m, live: true, meaning: How long.}
                  limits.body: {type: size, default: 1MB, meaning: How much.}
                migrations:
                - {rename: {folder: root}, remove: [old]}
                """, in: folder))
    }

    private func check(_ text: String) throws -> (canonical: Datum, errors: [String]) {
        let checked = kind.check(try json(text).object ?? [:], folder: "/etc")
        return (.object(checked.canonical), checked.errors.map(\.description))
    }

    @Test(
        arguments: [
            ("{}", "{}"), (#"{"root": "www"}"#, #"{"root": "/etc/www"}"#),
            (#"{"limits": {"idle": "60s"}, "listen": ["tcp:1"]}"#, #"{"listen": "tcp:1", "limits": {"idle": "1m"}}"#),
            (#"{"root": null}"#, #"{"root": null}"#),
            (#"{"folder": "/www", "old": 1}"#, #"{"root": "/www"}"#),
        ])
    func storesWhatIsGivenInItsCanonicalForm(_ given: String, _ stored: String) throws {
        let (canonical, errors) = try check(given)
        #expect(errors == [])
        #expect(canonical == (try json(stored)))
    }

    @Test(
        arguments: [
            (#"{"rot": "x"}"#, "rot is not known here. Did you mean \"root\"?"),
            (#"{"limits": {"idel": "1s"}}"#, "limits.idel is not known here. Did you mean \"idle\"?"),
            (#"{"limits": 1}"#, "limits must be a group of keys, but is a whole number"),
            (#"{"mode": "fats"}"#, "mode must be one of fast, safe, but is \"fats\""),
            (#"{"limits": {"idle": "2m"}}"#, "limits.idle must be from 1s to 1m, but is 2m"),
            (
                #"{"listen": ["tcp:1", "tcp:x"]}"#,
                "listen[1] is no endpoint: \"tcp:x\". The port must be a number from 0 to 65535."
            ),
            (
                #"{"listen": "tls:443"}"#,
                "listen is \"tls:443\", and programs of this kind are given sockets without TLS"
            ),
            (#"{"mode": 1}"#, "mode must be text, but is 1"),
            (#"{"mode": null}"#, "mode must be text, but is nothing"),
        ])
    func refusesWhatItDoesNotTake(_ given: String, _ error: String) throws {
        #expect(try check(given).errors == [error])
    }

    @Test func tellsOfAllMistakes() throws {
        #expect(try check(#"{"mode": 1, "x": 1, "limits": {"body": -1}}"#).errors.count == 3)
    }

    @Test func listensWhereItsEndpointsSay() throws {
        #expect(kind.endpoints(stored: [:]).map(\.description) == ["tcp:80"])
        #expect(kind.endpoints(stored: ["listen": ["tcp:1", "unix:/a"]]).map(\.description) == ["tcp:1", "unix:/a"])
    }

    @Test func onlyLiveSettingsChangeWhileItRuns() throws {
        let fast: DatumObject = ["mode": "fast"]
        #expect(kind.canReconfigure(fromStored: [:], toStored: fast))
        #expect(
            kind.canReconfigure(fromStored: fast, toStored: try #require(json(#"{"limits": {"idle": "5s"}}"#).object)))
        #expect(!kind.canReconfigure(fromStored: [:], toStored: ["root": "/x"]))
        // What is given as it is anyway is no change.
        #expect(kind.canReconfigure(fromStored: [:], toStored: ["listen": "tcp:80"]))
    }

    @Test func migratesStoredSettings() throws {
        #expect(kind.settingsVersion == 2)
        #expect(try kind.migrated(["folder": "/x"], from: 1) == ["root": "/x"])
        #expect(throws: VersionProblem.self) { try kind.migrated([:], from: 3) }
    }

    @Test func hasASchemaAndRowsForDocumentation() throws {
        let schema = try DescriptionSchema.document(of: kind)
        let limits = schema.object?["properties"]?.object?["limits"]?.object?["properties"]?.object
        #expect(limits?["idle"]?.object?["default"] == .string("10s"))
        #expect(limits?["idle"]?.object?["description"]?.string?.hasPrefix("How long. From 1s to 1m.") == true)
        let rows = try DescriptionSchema.rows(of: kind)
        #expect(rows.map(\.key) == ["listen", "root", "mode", "limits", "limits.idle", "limits.body"])
        #expect(rows.map(\.values).prefix(3) == ["an endpoint, or a list", "a path, or nothing", "fast, safe"])
    }

    @Test func handsOverAllSettingsWithListsAsLists() throws {
        let full = try manifest(
            "settings:\n  a: {type: integer, list: true, default: 1, meaning: X.}\n  b.c: {meaning: X.}\n", in: folder
        ).settings.full([:])
        #expect(Datum.object(full) == (try json(#"{"a": [1], "b": {"c": null}}"#)))
    }
}
